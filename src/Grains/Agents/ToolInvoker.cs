using System.Text.Json;
using AgentStream.Grains.Chat;
using AgentStream.Grains.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Agents;

/// <summary>Makes a tool call. Whatever goes wrong with it becomes a result that the model can read; only a cancel gets out.</summary>
internal sealed class ToolInvoker(Agent agent, Deps deps, IServiceProvider services, TimeSpan timeout, TimeProvider time)
{
    /// <summary>Makes the call.</summary>
    /// <returns>A <see cref="ToolReturnPart"/>, or a <see cref="RetryPromptPart"/> when the call cannot be made as the model wrote it.</returns>
    public async Task<RequestPart> InvokeAsync(ToolCallPart call, CancellationToken cancellationToken)
    {
        if (!call.TryGetArguments(out var args, out var error))
        {
            return Retry(call, $"The arguments of {call.ToolName} are no JSON object: {error} Fix them and try again.");
        }

        if (!agent.Functions.TryGetValue(call.ToolName, out var function))
        {
            var known = agent.Functions.Count == 0 ? "none" : string.Join(", ", agent.Functions.Keys.Select(WireNames.OfTool));
            return Retry(call, $"Unknown tool name: '{call.ToolName}'. Available tools: {known}.");
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var arguments = args.EnumerateObject().ToDictionary(p => p.Name, p => (object?)p.Value);

        // A task of its own, and a wait that ends by itself: a tool may block its thread, and it may not listen to its token.
        var work = deps.Environment.Beside(
            () => function.InvokeAsync(ToolFactory.Arguments(arguments, deps, new ToolCall(call.ToolCallId, call.ToolName), services), patience.Token).AsTask());
        try
        {
            return Return(call, await work.WaitAsync(timeout, time, cancellationToken), ToolOutcome.Success);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (TimeoutException) when (!work.IsCompleted)
        {
            return Return(call, $"The tool {call.ToolName} took longer than {timeout.TotalSeconds:0.###} s.", ToolOutcome.Failed);
        }
        catch (Exception e)
        {
            return Return(call, $"The tool {call.ToolName} failed: {e.Message}", ToolOutcome.Failed);
        }
        finally
        {
            await patience.CancelAsync();
        }
    }

    /// <summary>A result that came with the model's stream, from a chat client that makes calls by itself.</summary>
    public ToolReturnPart ToReturn(ToolCallPart call, FunctionResultContent result) => result.Exception is { } error
        ? Return(call, result.Result ?? $"The tool {call.ToolName} failed: {error.Message}", ToolOutcome.Failed)
        : Return(call, result.Result, ToolOutcome.Success);

    /// <summary>What a call that may have begun in a process that died, and is not to be made again, comes to; null when it is to be made.</summary>
    public ToolReturnPart? Interrupted(ToolCallPart call) =>
        agent.Functions.TryGetValue(call.ToolName, out var function) && ToolFactory.ReplayOf(function) == Replay.Never
            ? Return(call, ToolOutcome.Interrupted, ToolOutcome.Interrupted)
            : null;

    private ToolReturnPart Return(ToolCallPart call, object? result, string outcome)
    {
        try
        {
            return new(call.ToolName, call.ToolCallId, agent.Rules.Results.Of(result), outcome) { Timestamp = time.GetUtcNow() };
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            return Return(call, $"The tool {call.ToolName} returned what cannot be told. {e.Message}", ToolOutcome.Failed);
        }
    }

    private RetryPromptPart Retry(ToolCallPart call, string content) =>
        new(call.ToolName, call.ToolCallId, content) { Timestamp = time.GetUtcNow() };
}
