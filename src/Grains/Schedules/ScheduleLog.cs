using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Schedules;

/// <summary>The events of schedules: 2400 to 2499. An id is never given to another event.</summary>
internal static partial class ScheduleLog
{
    [LoggerMessage(2400, LogLevel.Warning, "The prompt of schedule {Schedule} of session {Session} was refused. It is tried again: {Reason}")]
    public static partial void ScheduleRefused(this ILogger logger, string schedule, SessionKey session, string reason);

    [LoggerMessage(2401, LogLevel.Error, "The prompt of schedule {Schedule} of session {Session} could not be started. It is tried again.")]
    public static partial void ScheduleFailed(this ILogger logger, Exception exception, string schedule, SessionKey session);
}
