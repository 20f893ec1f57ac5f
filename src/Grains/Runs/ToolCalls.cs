using AgentStream.Grains.Approvals;
using AgentStream.Grains.Output;
using AgentStream.Messages;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Runs;

/// <summary>The calls of a run's last response: which are still to be made, and making them. Each result is in the journal before anything else happens with it.</summary>
internal sealed class ToolCalls(Agent agent, RunHandle run, RunJournal journal, RunEnvironment environment, Deps deps)
{
    private readonly ToolInvoker _invoker = new(agent, deps, environment);
    private readonly ToolGate _gate = new(agent, deps, environment);

    private readonly SemaphoreSlim _turns = new(environment.Options.MaxParallelToolCalls);

    // Calls that have a result, or never get one here.
    private readonly HashSet<string> _skipped = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Counts the calls of responses that the run had before, in another process.</summary>
    public void CountEarlier(IEnumerable<ModelResponse> responses) => _count += responses.Sum(response => response.ToolCalls.Count());

    /// <summary>The next response has come.</summary>
    /// <param name="madeElsewhere">Those of its calls that somebody else makes.</param>
    public void Begin(IEnumerable<string> madeElsewhere)
    {
        _skipped.Clear();
        _skipped.UnionWith(madeElsewhere);
    }

    /// <summary>Keeps the result of a call that somebody else has made.</summary>
    public async Task KeepAsync(ToolCallPart call, FunctionResultContent result)
    {
        _skipped.Add(call.ToolCallId);
        var part = _invoker.ToReturn(call, result);
        await journal.AddAsync(now => new ToolResultRecord(part) { Timestamp = now });
    }

    /// <summary>Leaves calls out that have a result; those that may not be made again are told as interrupted.</summary>
    public async Task KeepOldResultsAsync(ModelResponse response)
    {
        foreach (var call in response.ToolCalls)
        {
            if (journal.History.HasResult(call.ToolCallId))
            {
                _skipped.Add(call.ToolCallId);
            }
            else if (_invoker.Interrupted(call, journal.History.Requests) is { } interrupted)
            {
                _skipped.Add(call.ToolCallId);
                await journal.AddAsync(now => new ToolResultRecord(interrupted) { Timestamp = now });
            }
        }
    }

    /// <summary>The calls of the response that are to be made here.</summary>
    public List<ToolCallPart> Next(ModelResponse response) => [.. response.ToolCalls.Where(call => !_skipped.Contains(call.ToolCallId))];

    /// <summary>Makes those of the calls that may be made, as many at a time as the settings allow.</summary>
    /// <returns>How the run ends with that; null when the model is to have the results.</returns>
    /// <exception cref="RunException">The run has made too many calls with these.</exception>
    public async Task<RunResult?> MakeAsync(ModelResponse response, List<ToolCallPart> calls, CancellationToken cancellationToken)
    {
        if (run.IsLeaving)
        {
            return RunResult.HandedOff;
        }

        if ((_count += response.ToolCalls.Count()) > environment.Options.MaxToolCalls)
        {
            throw new RunException(
                $"the run needs more than {environment.Options.MaxToolCalls} tool calls ({AgentStreamOptions.Section}:{nameof(AgentStreamOptions.MaxToolCalls)})", FailureReasons.Limit);
        }

        var decisions = await Task.WhenAll(calls.Select(call => _gate.AskAsync(call, journal.History.Requests, cancellationToken).AsTask()));

        // What a tool does cannot be taken back: a process that was paused must not do it next to the one that has the run now.
        await run.EnsureOwnedAsync(cancellationToken);
        var made = await Task.WhenAll(calls.Zip(decisions, (call, decision) => MakeInTurnAsync(call, decision, cancellationToken)));
        if (made.Contains(false))
        {
            return RunResult.HandedOff;
        }

        var waiting = calls.Zip(decisions).Where(pair => pair.Second.Action == GateAction.Wait).Select(pair => Request(response, pair.First, pair.Second)).ToList();
        return waiting.Count == 0 ? null : RunResult.Paused(waiting);
    }

    /// <summary>The same id whenever the same call is asked about: a process may die before it could say so.</summary>
    private PendingRequest Request(ModelResponse response, ToolCallPart call, GateDecision decision)
    {
        call.TryGetArguments(out var arguments, out _);
        var number = response.ToolCalls.TakeWhile(other => other.ToolCallId != call.ToolCallId).Count();
        return new($"{run.Token.RunId}-{number}", decision.Kind, call.ToolCallId, call.ToolName, arguments.GetRawText());
    }

    /// <summary>Makes a call, unless it is to wait for somebody, when it is its turn.</summary>
    /// <returns>False if the run is to be handed off, and its turn did not come before: then the call is made elsewhere.</returns>
    private async Task<bool> MakeInTurnAsync(ToolCallPart call, GateDecision decision, CancellationToken cancellationToken)
    {
        if (decision.Action == GateAction.Wait)
        {
            return true;
        }

        if (!_turns.Wait(0, CancellationToken.None))
        {
            await _turns.WaitAsync(cancellationToken);
            if (run.IsLeaving)
            {
                _turns.Release();
                return false;
            }
        }

        try
        {
            await MakeAsync(call, decision, cancellationToken);
            return true;
        }
        finally
        {
            _turns.Release();
        }
    }

    private async Task MakeAsync(ToolCallPart call, GateDecision decision, CancellationToken cancellationToken)
    {
        if (decision.Action == GateAction.MakeOnce)
        {
            await journal.AddAsync(now => new ToolStartedRecord(call.ToolCallId) { Timestamp = now });
        }

        var result = decision.Action switch
        {
            GateAction.Deny => _invoker.Return(call, decision.Reason, ToolOutcome.Denied),
            GateAction.Fail => _invoker.Return(call, decision.Reason, ToolOutcome.Failed),
            _ => await _invoker.InvokeAsync(call, decision.Arguments, cancellationToken),
        };
        await journal.AddAsync(now => new ToolResultRecord(result) { Timestamp = now });
    }
}
