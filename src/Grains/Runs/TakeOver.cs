using AgentStream.EventLog;
using AgentStream.Grains.Agents;
using AgentStream.Grains.Journal;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Runs;

/// <summary>
/// Takes over the runs of processes that have lost their lease, and goes on with them from the journal. Every process looks; the event log lets one of them have each run.
/// </summary>
internal sealed class TakeOver(RunEnvironment environment, ISessionJournal journal, AgentCatalog agents, LiveRuns runs) : BackgroundService
{
    /// <summary>A run that has been taken over this often ends as crashed: it may be what kills its processes.</summary>
    internal const int MostResumes = 3;

    // With a lease of 10 s, a killed process's runs go on within 11 s.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    // So many at a time of one process: others look as well, and get their share.
    private const int Share = 64;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (agents.IsEmpty)
        {
            // Whoever knows no agents could only end the runs of others as crashed.
            return;
        }

        using var timer = new PeriodicTimer(LookEvery, environment.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (LogUnavailableException)
            {
                // Whoever keeps the lease has said so already; the next look is soon enough.
            }
        }
    }

    /// <summary>Takes over what is abandoned now.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var abandoned in await environment.Log.FindAbandonedAsync(Share, cancellationToken))
        {
            // Our own lease was late: the runs are under way here, and when nobody has taken them they are ours again with the next renewal.
            if (abandoned.SiloId != environment.Silo.Id
                && await TakeAsync(abandoned, cancellationToken) is { } taken)
            {
                await GoOnAsync(taken, cancellationToken);
            }
        }
    }

    /// <summary>A take-over whose answer was lost may have taken place, and then nobody would find the run any more. So it is repeated until it is answered.</summary>
    private Task<TakenRun?> TakeAsync(RunToken abandoned, CancellationToken cancellationToken) =>
        RepeatAsync(() => environment.Log.TakeOverAsync(abandoned, environment.Silo.Id, cancellationToken), cancellationToken);

    /// <summary>Asks a log or a journal that is away again and again: a run does not end because they were.</summary>
    private async Task<T> RepeatAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (LogUnavailableException)
            {
                await Task.Delay(LookEvery, environment.Time, cancellationToken);
            }
        }
    }

    private async Task GoOnAsync(TakenRun taken, CancellationToken cancellationToken)
    {
        environment.Logger.LogWarning("Run {Run} of session {Session} was taken over: its process is gone.", taken.Run.RunId, taken.Run.Key);
        var deps = new Deps(environment, taken.Run.Key);
        deps.Adopt(taken);
        var history = new SessionHistory();
        try
        {
            await RepeatAsync(() => history.ReadAsync(journal, taken.Run.Key), cancellationToken);
            if (history.Unfinished is { } unfinished && unfinished.RunId == taken.Run.RunId)
            {
                var (agent, reason) = Find(unfinished);
                if (agent is not null)
                {
                    var run = new AgentRun(environment, journal, agent, history, deps);
                    run.Resume(unfinished);
                    _ = runs.Go(run);
                    return;
                }

                var error = Protocol.CrashedPrefix + reason;
                await new RunJournal(journal, taken.Run, history, environment.Time, deps.Run.Abandoned)
                    .AddAsync(now => new RunEndedRecord(taken.Run.RunId, error) { Timestamp = now });
                await deps.StopAsync(error, null);
            }
            else
            {
                // The journal knows how it ended, or has never heard of it: a journal in the memory of the process that died, or a prompt that was never accepted.
                await deps.StopAsync(
                    history.LastRunId == taken.Run.RunId ? history.LastError : $"{Protocol.CrashedPrefix}the process that ran it is gone, and what it knew with it", null);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // This process stops: it gives its lease up, and the next one goes on.
        }
        catch (OwnershipLostException e)
        {
            environment.Logger.LogWarning("{Reason}", e.Message);
        }
        catch (Exception e)
        {
            environment.Logger.LogError(e, "Run {Run} of session {Session} could not be gone on with.", taken.Run.RunId, taken.Run.Key);
            await deps.StopAsync(Protocol.CrashedPrefix + e.Message, null);
        }
    }

    /// <summary>The agent that goes on, or why none does.</summary>
    private (Agent? Agent, string? Reason) Find(UnfinishedRun run)
    {
        if (!environment.Options.ResumeRuns)
        {
            return (null, "the process that ran it is gone");
        }

        if (run.Resumes >= MostResumes)
        {
            return (null, $"the processes that ran it are gone, {run.Resumes + 1} one after the other");
        }

        try
        {
            return (agents.Get(run.Agent), null);
        }
        catch (UnknownAgentException e)
        {
            return (null, e.Message);
        }
    }
}
