using Microsoft.Extensions.Logging;

namespace AgentStream.Background;

/// <summary>The events of background work, in whichever room it is: 1010 to 1019. An id is never given to another event.</summary>
internal static partial class BackgroundLog
{
    [LoggerMessage(1010, LogLevel.Error, "{Work} failed. It is tried again.")]
    public static partial void WorkFailed(this ILogger logger, Exception fault, string work);

    [LoggerMessage(1011, LogLevel.Critical, "{Service} ended although the process was not told to stop. The process stops now.")]
    public static partial void ServiceEnded(this ILogger logger, Exception? fault, string service);
}
