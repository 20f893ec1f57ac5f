using AgentStream.Grains.Approvals;
using AgentStream.Grains.Limits;
using AgentStream.Grains.Output;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Runs;

/// <summary>The one place that puts a run together.</summary>
internal sealed class RunFactory(RunEnvironment environment, ISessionJournal journal, Steering? steering = null, RequestTimers? timers = null, UsageMeter? usage = null)
{
    /// <summary>A run of an agent, in a session that is owned.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="state">The session's state, lent to the run.</param>
    /// <param name="run">The run, as this process owns it.</param>
    public AgentRun NewRun(Agent agent, SessionState state, RunHandle run) =>
        new(environment, agent, run, NewJournal(state, run), canLeave: journal.OutlivesProcess && environment.Options.ResumeRuns, steering, timers, usage);

    /// <summary>The session's journal in the hands of its owner.</summary>
    public RunJournal NewJournal(SessionState state, RunHandle run) => new(journal, run.Token, state, environment, run.GivenUp);
}
