using AgentStream.Grains.Runs;

namespace AgentStream.Grains.Recovery;

/// <summary>What becomes of a run that this process has claimed.</summary>
internal enum RecoveryDecision
{
    /// <summary>It continues here.</summary>
    Resume,

    /// <summary>Its agent is not known here. It is left to other processes for a while.</summary>
    Defer,

    /// <summary>It ends as crashed.</summary>
    Crash,

    /// <summary>It had ended in the journal. The stream gets what is missing, and its end.</summary>
    ShowRest,

    /// <summary>Its prompt is at the head of the queue: it is accepted now.</summary>
    StartQueued,

    /// <summary>The journal has never heard of it: it was in the memory of a process that died, or was never accepted.</summary>
    Unknown,
}

/// <summary>Decides from the journal what becomes of a claimed run.</summary>
internal static class RecoveryRules
{
    /// <summary>A run that has been recovered this often ends as crashed: it may be what kills its processes.</summary>
    public const int MostResumes = 3;

    /// <summary>Decides.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="state">The session's state.</param>
    /// <param name="mayResume">Whether the settings allow it.</param>
    /// <param name="isAgentKnown">Whether the run's agent is registered here.</param>
    /// <param name="mayDefer">Whether others may have the run, and have time for it.</param>
    /// <param name="isQueued">Whether the run is the next in the session's queue.</param>
    public static RecoveryDecision Decide(string runId, SessionState state, bool mayResume, bool isAgentKnown, bool mayDefer, bool isQueued) =>
        state.Unfinished is { } progress && progress.RunId == runId
            ? !mayResume || progress.Resumes >= MostResumes ? RecoveryDecision.Crash
                : isAgentKnown ? RecoveryDecision.Resume
                : mayDefer ? RecoveryDecision.Defer
                : RecoveryDecision.Crash
            : state.IsLast(runId) ? RecoveryDecision.ShowRest
            : isQueued ? RecoveryDecision.StartQueued
            : RecoveryDecision.Unknown;
}
