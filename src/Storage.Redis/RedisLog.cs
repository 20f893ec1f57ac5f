using Microsoft.Extensions.Logging;

namespace AgentStream.Storage.Redis;

/// <summary>The events that this room logs: 1100 to 1199. An id is never given to another event.</summary>
internal static partial class RedisLog
{
    [LoggerMessage(1100, LogLevel.Information, "Sessions are kept in {Place}.")]
    public static partial void SessionsKept(this ILogger logger, string place);

    [LoggerMessage(
        1110,
        LogLevel.Warning,
        "Redis at {Redis} has the maxmemory-policy '{Policy}': when its memory is full, it throws away keys of runs that are under way. "
        + "Set it to noeviction.")]
    public static partial void EvictionPolicy(this ILogger logger, string redis, string policy);

    [LoggerMessage(
        1111, LogLevel.Warning, "Redis key {Key} is not what AgentStream writes: another program has written to it. It is left out.")]
    public static partial void ForeignKey(this ILogger logger, string key);

    [LoggerMessage(
        1113,
        LogLevel.Warning,
        "AgentStream:EncryptAtRest is on, but the keys stand unprotected beside what they encrypt: whoever has a copy of the store can read it. Set AgentStream:DataProtection:Certificate, or keep the keys elsewhere.")]
    public static partial void KeysBesideData(this ILogger logger);

    [LoggerMessage(1114, LogLevel.Warning, "AgentStream:EncryptAtRest is on, but {Journal} is not encrypted: only sessions in Redis and SQLite are.")]
    public static partial void NotEncrypted(this ILogger logger, string journal);

    [LoggerMessage(1112, LogLevel.Error, "A watcher of channel {Channel} failed to take a notice.")]
    public static partial void NoticeNotTaken(this ILogger logger, Exception exception, string channel);
}
