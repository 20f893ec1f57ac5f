using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AgentStream.AspNetCore;

/// <summary>The events that this room logs: 5000 to 5099. An id is never given to another event.</summary>
internal static partial class HttpLog
{
    [LoggerMessage(5000, LogLevel.Error, "{Method} {Path} failed. Reference: {Reference}.")]
    public static partial void RequestFailed(this ILogger logger, Exception exception, string method, PathString path, string reference);

    [LoggerMessage(5001, LogLevel.Warning, "{Method} {Path} cannot be served now. Reference: {Reference}.")]
    public static partial void RequestNotServed(this ILogger logger, Exception exception, string method, PathString path, string reference);

    [LoggerMessage(5002, LogLevel.Warning, "A response with the events of {Listened} broke off.")]
    public static partial void StreamBrokeOff(this ILogger logger, Exception exception, string listened);

    [LoggerMessage(5003, LogLevel.Debug, "A listener to the events of {Listened} was closed: it does not read what it is sent.")]
    public static partial void ListenerStalled(this ILogger logger, string listened);

    [LoggerMessage(5010, LogLevel.Information, "The process was told to stop. It is not ready any more, and serves for {Seconds} s; a second order stops it now.")]
    public static partial void DrainBegins(this ILogger logger, double seconds);

    [LoggerMessage(5011, LogLevel.Warning, "Not ready: {Checks}.")]
    public static partial void NotReady(this ILogger logger, string checks);

    [LoggerMessage(5012, LogLevel.Information, "Ready again.")]
    public static partial void ReadyAgain(this ILogger logger);

    [LoggerMessage(5013, LogLevel.Debug, "The health check {Check} failed.")]
    public static partial void CheckFailed(this ILogger logger, Exception exception, string check);
}
