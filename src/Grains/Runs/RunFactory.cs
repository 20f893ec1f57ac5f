using AgentStream.Grains.Approvals;
using AgentStream.Grains.Limits;
using AgentStream.Grains.Output;
using AgentStream.Grains.Telemetry;
using AgentStream.Grains.Webhooks;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Runs;

/// <summary>The one place that puts a run together.</summary>
internal sealed class RunFactory(RunEnvironment environment, ISessionJournal journal, Steering? steering = null, RequestTimers? timers = null, UsageMeter? usage = null, RunWebhooks? webhooks = null)
{
    /// <summary>Who hears of its runs; null for nobody.</summary>
    public RunWebhooks? Webhooks => webhooks;

    /// <summary>A run of an agent, in a session that is owned.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="state">The session's state, lent to the run.</param>
    /// <param name="run">The run, as this process owns it.</param>
    public AgentRun NewRun(Agent agent, SessionState state, RunHandle run) =>
        new(environment, agent, run, NewJournal(state, run), canLeave: journal.OutlivesProcess && environment.Options.ResumeRuns, steering, timers, usage, webhooks);

    /// <summary>Ends a run that is not to work any more, and tells who is to hear of it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="agent">Its agent's name.</param>
    /// <param name="requested">The URL that its request brought; null for none.</param>
    /// <param name="error">Why.</param>
    /// <param name="keep">Journals the end; null where the journal does not know the run.</param>
    public async Task EndAsync(RunHandle run, string agent, string? requested, RunError error, Func<Task>? keep = null)
    {
        environment.Metrics.Count(agent, RunOutcomes.Crashed, error.Reason);
        var notice = webhooks is null ? null : await webhooks.AnnounceAsync(run, agent, requested, isPaused: false, error);
        await (keep?.Invoke() ?? Task.CompletedTask);
        if (await run.FinishAsync(error) == error && notice is not null)
        {
            await notice.ConfirmAsync();
        }
    }

    /// <summary>The session's journal in the hands of its owner.</summary>
    public RunJournal NewJournal(SessionState state, RunHandle run) => new(journal, run.Token, state, environment, run.GivenUp);
}
