using Microsoft.Extensions.Logging;

namespace AgentStream.Storage;

/// <summary>The events that this room logs: 1000 to 1099, without those of background work (1010 to 1019). An id is never given to another event.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(1000, LogLevel.Warning, "The stream store is unavailable: {Consequence}. It is tried again until it answers.")]
    public static partial void StoreUnavailable(this ILogger logger, Exception exception, string consequence);

    [LoggerMessage(1001, LogLevel.Information, "The stream store is available again.")]
    public static partial void StoreAvailable(this ILogger logger);

    [LoggerMessage(
        1020,
        LogLevel.Warning,
        "This process's lease has not been renewed for {Seconds:0.#} s. After {Lease:0.#} s other processes may recover its runs. "
        + "It is tried again until the stream store takes it.")]
    public static partial void LeaseLate(this ILogger logger, double seconds, double lease);

    [LoggerMessage(1021, LogLevel.Information, "This process's lease is renewed again.")]
    public static partial void LeaseRenewed(this ILogger logger);

    [LoggerMessage(1022, LogLevel.Warning, "The lease of silo {SiloId} could not be given up; it expires by itself.")]
    public static partial void LeaseNotGivenUp(this ILogger logger, Exception exception, string siloId);

    [LoggerMessage(1023, LogLevel.Error, "Run {Run} of session {Session} failed to react to its new status, {Status}.")]
    public static partial void StatusNotTaken(this ILogger logger, Exception exception, string run, SessionKey session, RunStatus status);

    [LoggerMessage(1030, LogLevel.Error, "The database {Path} cannot be written: {Reason}. Runs wait, and it is tried again until it works.")]
    public static partial void DatabaseOut(this ILogger logger, string path, string reason);

    [LoggerMessage(1031, LogLevel.Information, "The database {Path} can be written again.")]
    public static partial void DatabaseBack(this ILogger logger, string path);
}
