using AgentStream.Grains.Agents;
using AgentStream.Grains.Journal;
using AgentStream.Grains.Messages;
using AgentStream.Grains.Runs;
using Orleans;
using Orleans.Placement;

namespace AgentStream.Grains;

/// <summary>
/// A session. It accepts a prompt, takes the session in the event log, and lets the run go beside its own turns: no call lasts as long as a run.
/// The log decides who owns the session, so a second activation elsewhere (in a partition, say) can do no harm.
/// Sessions go to a silo by chance: by load, a silo that has just joined gets next to nothing for a while (measured: docs/operations.md).
/// </summary>
[RandomPlacement]
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

    async Task<SessionSnapshot?> ISessionGrain.GetAsync()
    {
        var history = HistoryForReading();
        await history.ReadAsync(journal, Key);
        var isLive = await environment.Log.IsLiveAsync(Key);
        return history.Version == 0 && !isLive
            ? null
            : new SessionSnapshot(history.Title, isLive, isLive ? null : history.LastError, ModelMessages.ToJson(history.Messages));
    }

    Task ISessionGrain.ImportAsync(byte[] messages)
    {
        var imported = ModelMessages.FromJson(messages);
        return ChangeAsync(records => records.AddAsync(now => new ImportedRecord(imported) { Timestamp = now }));
    }

    Task ISessionGrain.DeleteAsync() => ChangeAsync(async records =>
    {
        await records.DeleteAsync();
        _history = new SessionHistory();
    });

    /// <summary>The fold is lent to a run. One that lost its session may still hold it; then the next run folds the journal anew.</summary>
    private SessionHistory HistoryForNewRun() => _running.IsCompleted ? _history : _history = new SessionHistory();

    /// <summary>A run that is under way has the fold; who wants to read meanwhile folds the journal anew.</summary>
    private SessionHistory HistoryForReading() => _running.IsCompleted ? _history : new SessionHistory();

    /// <summary>Changes the journal as its owner: for the time of the change, the session has a run that says nothing.</summary>
    private async Task ChangeAsync(Func<RunJournal, Task> change)
    {
        var deps = new Deps(environment, Key);
        await deps.StartAsync();
        try
        {
            var records = new RunJournal(journal, deps.Run.Token, HistoryForNewRun(), environment.Time, deps.Run.Abandoned);
            await records.ReadNewsAsync();
            await change(records);
        }
        finally
        {
            await deps.StopAsync(TimeSpan.Zero);
        }
    }

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
