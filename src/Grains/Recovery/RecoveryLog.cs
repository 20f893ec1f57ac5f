using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Recovery;

/// <summary>The events of recovery: 2100 to 2199. An id is never given to another event.</summary>
internal static partial class RecoveryLog
{
    [LoggerMessage(2100, LogLevel.Warning, "Run {Run} of session {Session} was recovered: {Reason}.")]
    public static partial void RunRecovered(this ILogger logger, string run, SessionKey session, string reason);

    [LoggerMessage(2101, LogLevel.Warning, "Run {Run} of session {Session} continues: the process that ran it ended before the run did.")]
    public static partial void RunRestarted(this ILogger logger, string run, SessionKey session);

    [LoggerMessage(2102, LogLevel.Warning, "Run {Run} of session {Session} is left to other processes for a while: {Reason}")]
    public static partial void RunDeferred(this ILogger logger, string run, SessionKey session, string reason);

    // 2103 was that a run could not be resumed: it has crashed, as 2000 says.
    [LoggerMessage(2104, LogLevel.Error, "The last run of session {Session} could not be resumed.")]
    public static partial void LastRunNotResumed(this ILogger logger, Exception exception, SessionKey session);

    [LoggerMessage(2105, LogLevel.Error, "The journal could not be searched for unfinished runs of earlier processes.")]
    public static partial void JournalNotSearched(this ILogger logger, Exception exception);

    [LoggerMessage(2106, LogLevel.Warning, "This process owns run {Run} of session {Session} but never started it. It is handed off.")]
    public static partial void UnstartedRunHandedOff(this ILogger logger, string run, SessionKey session);
}
