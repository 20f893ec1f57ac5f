using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Streams;

/// <summary>The events of sessions' Orleans streams: 2200 to 2299. An id is never given to another event.</summary>
internal static partial class SessionStreamLog
{
    [LoggerMessage(2200, LogLevel.Error, "The stream of session {Session} lacks the events after {Cursor}.")]
    public static partial void EventsLost(this ILogger logger, Exception exception, SessionKey session, Cursor? cursor);

    [LoggerMessage(2201, LogLevel.Debug, "The stream of session {Session} did not accept {Cursor}; the next try is in {Wait}.")]
    public static partial void EventNotAccepted(this ILogger logger, Exception exception, SessionKey session, Cursor cursor, TimeSpan wait);
}
