using AgentStream.Grains.Agents;
using AgentStream.Grains.Expiry;
using AgentStream.Grains.Limits;
using AgentStream.Grains.Output;
using AgentStream.Grains.Queue;
using AgentStream.Grains.Recovery;
using AgentStream.Grains.Runs;
using AgentStream.Storage;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Queue;
using AgentStream.Storage.Timers;
using Microsoft.Extensions.Hosting;
using Orleans.Placement;

namespace AgentStream.Grains.Sessions;

/// <summary>
/// A session, and the run that is under way in it. It accepts a prompt, takes the session in the stream store, and lets the run go beside its own turns: no call lasts as long as a run. The run
/// leaves with the activation. The log decides who owns the session, so a second activation elsewhere (in a partition, say) can do no harm.
/// Sessions go to a silo by chance: by load, a silo that has just joined gets next to nothing for a while (measured: docs/operations.md).
/// </summary>
[RandomPlacement]
internal sealed partial class SessionGrain(
    RunEnvironment environment,
    ISessionJournal journal,
    AgentCatalog agents,
    RunFactory factory,
    RunHost runs,
    RunRecovery recovery,
    BusySessionPolicy busy,
    SessionAnswers answers,
    Admission admission,
    UsageMeter usage,
    TitleWriter titles,
    IPromptQueue queue,
    ISessionTimers timers,
    QueuedRuns queued,
    IHostApplicationLifetime lifetime)
    : Grain, ISessionGrain, ISessionRecovery, ISessionExpiry
{
    private SessionState _state = new();
    private SessionState? _reading;
    private AgentRun? _run;
    private Task _running = Task.CompletedTask;
    private SessionKey? _key;

    private SessionKey Key => _key ??= SessionKey.Parse(this.GetPrimaryKeyString());

    private AgentRun? LiveRun => _running.IsCompleted ? null : _run;

    async Task<StartedRun> ISessionGrain.StartAsync(RunRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        RunRequestRules.ThrowIfInvalidPrompt(request.Prompt);
        RunRequestRules.ThrowIfInvalidKey(request.IdempotencyKey);
        RunRequestRules.ThrowIfInvalidTools(request.Tools);
        RunRequestRules.ThrowIfInvalidClaims(request.Claims);
        factory.Webhooks?.Check(request);
        var agent = agents.Get(request.Agent);
        var key = RequestKey.Of(request);
        if (await FindStartedAsync(key) is { } before)
        {
            return before;
        }

        var caller = await admission.AdmitAsync(agent, Key, request.Claims);
        await GivenTools.CheckAsync(agent, request.Tools, environment.Time);
        await usage.CountPromptAsync(Key.UserKey);
        try
        {
            return await StartAsync(request, agent, key, caller);
        }
        catch (SessionBusyException) when (key is not null)
        {
            // What is in the way may be this very request, which was sent twice at once.
            if (await FindStartedAsync(key) is { } meanwhile)
            {
                return meanwhile;
            }

            throw;
        }
    }

    private async Task<StartedRun> StartAsync(RunRequest request, Agent agent, RequestKey? key, RunCaller? caller)
    {
        if (request.OnBusy is BusySessionBehavior.Queue or BusySessionBehavior.Steer && await busy.IsWaitedForAsync(Key))
        {
            return await busy.WaitAsync(Key, agent, request, key, caller);
        }

        RunHandle handle;
        try
        {
            handle = await RunHandle.StartAsync(environment, Key, isLimited: true);
        }
        catch (SessionBusyException) when (request.OnBusy is BusySessionBehavior.Queue or BusySessionBehavior.Steer)
        {
            return await busy.WaitAsync(Key, agent, request, key, caller);
        }
        catch (SessionBusyException) when (request.OnBusy == BusySessionBehavior.Replace)
        {
            handle = await busy.StartAsync(Key, () => CancelAsync());
        }

        var run = factory.NewRun(agent, StateForNewRun(), handle);
        if (await run.AcceptAsync(request.Prompt, key, tools: request.Tools, caller: caller, webhook: request.Webhook) is { } known)
        {
            return await FindAsync(known);
        }

        Go(run);
        return new StartedRun(handle.Token.RunId, handle.Begin);
    }

    /// <summary>The run, or the place in the queue, of a request that was sent before.</summary>
    private async Task<StartedRun?> FindStartedAsync(RequestKey? key)
    {
        if (key is null)
        {
            return null;
        }

        var state = StateForReading();
        await state.ReadAsync(journal, Key);
        return state.Keyed.Find(key) is { } known ? await FindAsync(known) : await busy.FindWaitingAsync(Key, key);
    }

    private async Task<StartedRun> FindAsync(string runId) => new(runId, (await environment.Store.FindRunAsync(Key, runId))?.Begin ?? Cursor.Start);

    async Task ISessionGrain.StartWaitingAsync()
    {
        if (runs.IsStopping)
        {
            return;
        }

        if (_run is { HasEnded: true })
        {
            // It is over in a moment, and its state is free for the next.
            await _running;
        }

        if (await queued.StartNextAsync(Key, StateForNewRun) is { } run)
        {
            Go(run);
        }
    }

    async Task<bool> ISessionGrain.IsWaitingAsync(string runId) => (await queue.ListAsync(Key)).Any(prompt => prompt.RunId == runId);

    Task<string?> ISessionGrain.GetLiveRunIdAsync() => Task.FromResult(LiveRun?.RunId);

    Task<bool> ISessionGrain.CancelAsync(CancelRequest? request) => CancelAsync(request);

    private Task<bool> CancelAsync(CancelRequest? request = null) =>
        LiveRun is { } run && (request is null || request.RunId == run.RunId) ? run.CancelAsync(request) : environment.Store.CancelAsync(Key, request);

    async Task<bool> ISessionRecovery.RecoverAsync(string siloId, string runId, int turn) =>
        Go(await recovery.ClaimAsync(new RunToken(Key, siloId, runId, turn), lifetime.ApplicationStopping));

    async Task<bool> ISessionRecovery.RestartAsync() => Go(await recovery.RestartAsync(Key, lifetime.ApplicationStopping));

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        environment.Metrics.Sessions.Enter(Key);
        return Task.CompletedTask;
    }

    /// <summary>The run leaves with the activation: it is handed to another at the next place where nothing is half done. When the process stops, that is seen to already.</summary>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        environment.Metrics.Sessions.Leave(Key);
        if (_run is { CanLeave: true } run && !_running.IsCompleted && !runs.IsStopping)
        {
            run.Leave();
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(_running, Task.Delay(environment.Options.DrainTimeout, environment.Time, patience.Token));
            await patience.CancelAsync();
            await run.ShutDownAsync();
            await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <summary>The state is lent to a run. One that lost its session may still hold it; then the next run folds the journal anew.</summary>
    private SessionState StateForNewRun() => _running.IsCompleted ? _state : _state = new SessionState();

    /// <summary>What is read first, and then perhaps lent to the next run: no reader has it as well.</summary>
    private SessionState StateForAnswers() => _running.IsCompleted ? _state : new SessionState();

    /// <summary>A run that is under way has the state; readers fold the journal anew meanwhile, once for all of them. It is lent to nobody.</summary>
    private SessionState StateForReading() => _running.IsCompleted ? _state : _reading ??= new SessionState();

    /// <summary>Changes the journal as its owner, knowing what is in it.</summary>
    private Task ChangeAsync(Func<RunToken, RunJournal, Task> change) => OwnAsync(StateForNewRun, async (run, records) =>
    {
        await records.ReadNewsAsync();
        await change(run, records);
    });

    /// <summary>Does something as the session's owner: for that time, the session has a run that says nothing.</summary>
    private async Task OwnAsync(Func<SessionState> state, Func<RunToken, RunJournal, Task> work)
    {
        var handle = await RunHandle.StartAsync(environment, Key);
        try
        {
            await work(handle.Token, factory.NewJournal(state(), handle));
        }
        finally
        {
            await handle.FinishAsync(error: null, gracePeriod: TimeSpan.Zero);
        }
    }

    private bool Go(Recovered recovered)
    {
        Go(recovered.Run, recovered.State!);
        return recovered.IsTaken;
    }

    private void Go(AgentRun run)
    {
        (_run, _running) = (run, runs.Go(run));
        environment.Metrics.Sessions.SetWaits(Key, false);
        _ = StayUntilOverAsync(_running);
    }

    /// <summary>The activation stays while its run is under way, so that a client that comes again finds the fold warm.</summary>
    private async Task StayUntilOverAsync(Task running)
    {
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        await running;
        if (ReferenceEquals(running, _running))
        {
            _reading = null;
            environment.Metrics.Sessions.SetWaits(Key, _state.Requests.Open.Count > 0);
            DelayDeactivation(TimeSpan.Zero);
            LookForTitle();
            LetGoOfLargeState();
        }
    }
}
