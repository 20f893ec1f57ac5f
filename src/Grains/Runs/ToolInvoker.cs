using System.Diagnostics;
using System.Text.Json;
using AgentStream.Grains.Agents;
using AgentStream.Grains.Approvals;
using AgentStream.Grains.Chat;
using AgentStream.Grains.Output;
using AgentStream.Grains.Telemetry;
using AgentStream.Messages;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Runs;

/// <summary>Makes a tool call, in a scope of services of its own. Whatever goes wrong with it becomes a result that the model can read; only a cancel gets out.</summary>
internal sealed class ToolInvoker(Agent agent, Deps deps, RunEnvironment environment)
{
    /// <summary>Makes the call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="changed">The arguments that somebody gave in place of the model's; null for the model's.</param>
    /// <param name="cancellationToken">The run was canceled.</param>
    /// <returns>A <see cref="ToolReturnPart"/>, or a <see cref="RetryPromptPart"/> when the call cannot be made as the model wrote it.</returns>
    public async Task<RequestPart> InvokeAsync(ToolCallPart call, string? changed, CancellationToken cancellationToken)
    {
        if (changed is null)
        {
            return await InvokeAsync(call, cancellationToken);
        }

        var arguments = RequestRules.Parse(Protocol.Fields.Args, changed);
        var result = await InvokeAsync(call with { Args = arguments, ArgsError = null }, cancellationToken);
        return result is ToolReturnPart part
            ? Return(call, ChatJson.ToElement(new { executed_with_arguments = arguments, result = part.Content }), part.Outcome)
            : result;
    }

    private async Task<RequestPart> InvokeAsync(ToolCallPart call, CancellationToken cancellationToken)
    {
        if (!call.TryGetArguments(out var args, out var error))
        {
            return Retry(call, $"The arguments of {call.ToolName} cannot be used: {error} Fix them and try again.");
        }

        if (!agent.Functions.TryGetValue(call.ToolName, out var function))
        {
            var known = agent.Functions.Count == 0 ? "none" : string.Join(", ", agent.Functions.Keys.Select(WireNames.OfTool));
            return Retry(call, $"Unknown tool name: '{call.ToolName}'. Available tools: {known}.");
        }

        var timeout = environment.Options.ToolTimeout;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var arguments = args.EnumerateObject().ToDictionary(p => p.Name, p => (object?)p.Value);

        // A task of its own, and a wait that ends by itself: a tool may block its thread, and it may not listen to its token.
        using var span = ToolSpan.Start(call.ToolName, call.ToolCallId, agent.Name, deps.Key);
        span.SetArguments(environment.Content, args);
        var work = environment.Beside(() => CallAsync(function, call, arguments, span, patience.Token));
        try
        {
            return span.SetResult(environment.Content, await work.WaitAsync(timeout, environment.Time, cancellationToken));
        }
        catch (TimeoutException) when (!work.IsFaulted)
        {
            if (work.IsCompletedSuccessfully)
            {
                return span.SetResult(environment.Content, await work);
            }

            environment.Logger.ToolTimedOut(call.ToolName, call.ToolCallId, deps.Run.Token.RunId, deps.Key, timeout);
            var late = $"The tool {call.ToolName} took longer than {timeout.TotalSeconds:0.###} s.";
            span.Fail(ToolSpan.TimedOut, late);
            return span.SetResult(environment.Content, Return(call, late, ToolOutcome.Failed));
        }
        finally
        {
            await patience.CancelAsync();
        }
    }

    /// <summary>A result that came with the model's stream, from a chat client that makes calls by itself.</summary>
    public ToolReturnPart ToReturn(ToolCallPart call, FunctionResultContent result)
    {
        if (result.Exception is not { } error)
        {
            return Return(call, result.Result, ToolOutcome.Success);
        }

        Log(call, error);
        return Return(call, result.Result ?? environment.Words.OfTool(call.ToolName, error), ToolOutcome.Failed);
    }

    /// <summary>What a call that may have begun in a process that died, and is not to be made again, comes to; null when it is to be made.</summary>
    public ToolReturnPart? Interrupted(ToolCallPart call, SessionRequests requests)
    {
        // Of a call that somebody has to allow it is known whether it may have begun.
        var isReported = requests.IsStarted(call.ToolCallId)
            || (requests.DecisionOf(call.ToolCallId) is null
                && agent.Functions.TryGetValue(call.ToolName, out var function)
                && ToolFactory.ReplayOf(function) == InterruptedToolCall.Report
                && !ToolFactory.NeedsApproval(function));
        return isReported ? Return(call, ToolOutcome.Interrupted, ToolOutcome.Interrupted) : null;
    }

    /// <summary>The call itself. When the run has continued without it, it comes to its end all the same, and its scope with it.</summary>
    private async Task<RequestPart> CallAsync(AIFunction function, ToolCallPart call, Dictionary<string, object?> arguments, Activity? span, CancellationToken cancellationToken)
    {
        try
        {
            return await CallInScopeAsync(function, call, arguments, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (!ErrorWords.IsForUsers(e) && ToolArguments.Fault(function, arguments) is { } fault)
        {
            environment.Logger.ToolArgumentsRefused(call.ToolName, call.ToolCallId, deps.Run.Token.RunId, deps.Key);
            environment.Logger.ToolArgumentsNotRead(e, call.ToolCallId, deps.Run.Token.RunId, deps.Key);
            span.Fail(ToolSpan.InvalidArguments, null);
            return Return(call, fault, ToolOutcome.Failed);
        }
        catch (Exception e)
        {
            Log(call, e);
            span.Fail(Spans.TypeOf(e), environment.Words.OfTool(call.ToolName, e));
            return Return(call, environment.Words.OfTool(call.ToolName, e), ToolOutcome.Failed);
        }
    }

    private async Task<RequestPart> CallInScopeAsync(AIFunction function, ToolCallPart call, Dictionary<string, object?> arguments, CancellationToken cancellationToken)
    {
        var scope = environment.Services.CreateAsyncScope();
        try
        {
            var handed = ToolFactory.Arguments(arguments, deps, new ToolCall(call.ToolCallId, call.ToolName), scope.ServiceProvider);

            // The result is read within the scope: a query may be asked only then.
            return Return(call, await function.InvokeAsync(handed, cancellationToken), ToolOutcome.Success);
        }
        finally
        {
            await DisposeAsync(scope, call);
        }
    }

    /// <summary>What the tool did is done, whatever becomes of its services.</summary>
    private async Task DisposeAsync(AsyncServiceScope scope, ToolCallPart call)
    {
        try
        {
            await scope.DisposeAsync();
        }
        catch (Exception e)
        {
            environment.Logger.ToolScopeNotDisposed(e, call.ToolName, call.ToolCallId, deps.Run.Token.RunId, deps.Key);
        }
    }

    /// <summary>What came of a call, within the agent's bounds.</summary>
    public ToolReturnPart Return(ToolCallPart call, object? result, string outcome)
    {
        try
        {
            return new(call.ToolName, call.ToolCallId, agent.Rules.Results.Of(result), outcome) { Timestamp = environment.Time.GetUtcNow() };
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            Log(call, e);
            return Return(call, environment.Words.OfResult(call.ToolName, e), ToolOutcome.Failed);
        }
    }

    private RetryPromptPart Retry(ToolCallPart call, string content) =>
        new(call.ToolName, call.ToolCallId, content) { Timestamp = environment.Time.GetUtcNow() };

    private void Log(ToolCallPart call, Exception e) => environment.Logger.ToolFailed(
        ErrorWords.IsForUsers(e) ? LogLevel.Warning : LogLevel.Error, e, call.ToolName, call.ToolCallId, deps.Run.Token.RunId, deps.Key);
}
