using AgentStream.Grains.Agents;
using AgentStream.Grains.Journal;
using AgentStream.Grains.Runs;
using Orleans;

namespace AgentStream.Grains;

/// <summary>
/// A session. It accepts a prompt, takes the session in the event log, and lets the run go beside its own turns: no call lasts as long as a run.
/// The log decides who owns the session, so a second activation elsewhere (in a partition, say) can do no harm.
/// </summary>
internal sealed class SessionGrain(RunEnvironment environment, ISessionJournal journal, AgentCatalog agents, LiveRuns runs) : Grain, ISessionGrain
{
    private SessionHistory _history = new();
    private Task _running = Task.CompletedTask;
    private SessionKey? _key;

    private SessionKey Key => _key ??= SessionKey.Parse(this.GetPrimaryKeyString());

    async Task<StartedRun> ISessionGrain.StartAsync(RunRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        Prompts.Check(request.Prompt);
        var agent = agents.Get(request.Agent);
        var deps = new Deps(environment, Key);
        var started = await deps.StartAsync();

        var run = new AgentRun(environment, journal, agent, HistoryForNewRun(), deps);
        await run.AcceptAsync(request.Prompt);
        _running = runs.Go(run);
        _ = StayUntilOverAsync(_running);
        return started;
    }

    Task<bool> ISessionGrain.CancelAsync() => environment.Log.CancelAsync(Key);

    /// <summary>The fold is lent to a run. One that lost its session may still hold it; then the next run folds the journal anew.</summary>
    private SessionHistory HistoryForNewRun() => _running.IsCompleted ? _history : _history = new SessionHistory();

    /// <summary>The activation stays while its run is under way, so that a client that comes again finds the fold warm.</summary>
    private async Task StayUntilOverAsync(Task running)
    {
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        await running;
        if (ReferenceEquals(running, _running))
        {
            DelayDeactivation(TimeSpan.Zero);
        }
    }
}
