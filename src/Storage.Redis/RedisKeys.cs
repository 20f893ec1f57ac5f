using System.Globalization;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>The names of a session's keys and channels. The stream's and the live flag's are protocol (docs/protocol.md), the others are ours.</summary>
/// <param name="prefix">What stands before every key.</param>
/// <param name="key">The session.</param>
internal readonly struct RedisKeys(string prefix, SessionKey key)
{
    public string Stream { get; } = $"{prefix}:{key}";

    public string Live => $"{Stream}:live";

    public string Owner => $"{Stream}:run";

    /// <summary>A past run's stream, by the cursor of its first entry.</summary>
    public string Past(Cursor first) => $"{Stream}:past:{first}";

    /// <summary>What a cancel was answered, by the name of the request.</summary>
    public string Cancel(string requestId) => $"{Stream}:cancel:{requestId}";

    public string Notice => $"{Stream}:notice";

    public static string Journal(string prefix, SessionKey key) => $"{prefix}:#journal:{key}";

    /// <summary>A user's sessions that have a journal, by when it last grew.</summary>
    public static string Journals(string prefix, UserKey user) => $"{prefix}:#journals:{user}";

    /// <summary>The titles of those sessions.</summary>
    public static string Titles(string prefix, UserKey user) => $"{prefix}:#titles:{user}";

    /// <summary>How much a user has in journals: <c>#sessions</c>, <c>#bytes</c>, and the bytes of each session by its name.</summary>
    public static string Sizes(string prefix, UserKey user) => $"{prefix}:#sizes:{user}";

    /// <summary>How much all users of a scope have in journals: <c>#sessions</c> and <c>#bytes</c>.</summary>
    public static string Sizes(string prefix, string scope) => $"{prefix}:#sizes:{scope}";

    /// <summary>What is known of the prompts that wait for a session.</summary>
    public static string Waiting(string prefix, SessionKey key) => $"{prefix}:#waiting:{key}";

    /// <summary>The prompts that wait for a session, by their runs.</summary>
    public static string Prompts(string prefix, SessionKey key) => $"{prefix}:#prompts:{key}";

    /// <summary>A user's sessions that prompts wait for, by when they had their last turn.</summary>
    public static string Waiting(string prefix, UserKey user) => $"{prefix}:#waiting:{user}";

    /// <summary>The users that have such sessions, by when they had their last turn.</summary>
    public static string AllWaiting(string prefix) => $"{prefix}:#waiting";

    /// <summary>The channel of what happens to a user's sessions.</summary>
    public static string Events(string prefix, UserKey user) => $"{prefix}:#events:{user}";

    /// <summary>The sessions that have to be looked at, by time.</summary>
    public static string Timers(string prefix) => $"{prefix}:#timers";

    /// <summary>The webhooks that are to be sent, by time.</summary>
    public static string Webhooks(string prefix) => $"{prefix}:#webhooks";

    /// <summary>What is kept of each of them.</summary>
    public static string WebhookDeliveries(string prefix) => $"{prefix}:#webhooks:deliveries";

    /// <summary>How many of them wait for each receiver.</summary>
    public static string WebhookCounts(string prefix) => $"{prefix}:#webhooks:counts";

    /// <summary>The keys of Data Protection.</summary>
    public static string Keys(string prefix) => $"{prefix}:#keys";

    /// <summary>The process that makes the first of those keys.</summary>
    public static string FirstKey(string prefix) => $"{prefix}:#keys:first";

    public static string Registry(string prefix, UserKey user) => $"{prefix}:#registry:{user}";

    /// <summary>The live sessions of a scope, each with its user.</summary>
    public static string Registry(string prefix, string scope) => $"{prefix}:#registry:{scope}";

    /// <summary>How many prompts wait, of each user and each scope that has some.</summary>
    public static string WaitingCounts(string prefix) => $"{prefix}:#waiting-counts";

    /// <summary>What a user has used in its windows of time.</summary>
    public static string Usage(string prefix, UserKey user) => $"{prefix}:#usage:{user}";

    /// <summary>What the users of a scope have used together.</summary>
    public static string Usage(string prefix, string scope) => $"{prefix}:#usage:{scope}";

    /// <summary>What the keys of a user's sessions start with.</summary>
    public static string Sessions(string prefix, UserKey user) => $"{prefix}:{user}:";

    /// <summary>What the keys of a scope's sessions start with.</summary>
    public static string Sessions(string prefix, string scope) => $"{prefix}:{scope}:";

    /// <summary>The set of silos that may own runs.</summary>
    public static string AllSilos(string prefix) => $"{prefix}:#silos";

    /// <summary>What the keys of all silos start with.</summary>
    public static string Silos(string prefix) => $"{prefix}:#silo:";

    public static string Lease(string prefix, string siloId) => $"{prefix}:#silo:{siloId}";

    public static string SiloRuns(string prefix, string siloId) => $"{prefix}:#silo:{siloId}:runs";

    public static string SiloNotice(string prefix, string siloId) => $"{prefix}:#silo:{siloId}:notice";

    /// <summary>What a key holds.</summary>
    /// <param name="prefix">What stands before every key.</param>
    /// <param name="key">The key's name.</param>
    /// <returns>The type; null for a key that is none of these.</returns>
    public static RedisType? TypeOf(string prefix, string key) =>
        !key.StartsWith(prefix + ':', StringComparison.Ordinal) ? null : key[(prefix.Length + 1)..].Split(':') switch
        {
            ["#silos"] or ["#silo", _, "runs"] or ["#registry", _] or ["#registry", _, _] => RedisType.Set,
            ["#silo", _] or ["#keys", "first"] => RedisType.String,
            ["#timers"] or ["#webhooks"] or ["#journals", _, _] or ["#waiting"] or ["#waiting", _, _] => RedisType.SortedSet,
            ["#titles", _, _] or ["#sizes", _] or ["#sizes", _, _] or ["#prompts", _, _, _] or ["#waiting-counts"] or ["#usage", _] or ["#usage", _, _] => RedisType.Hash,
            ["#webhooks", "deliveries" or "counts"] => RedisType.Hash,
            ["#journal", _, _, _] => RedisType.Stream,
            ["#waiting", _, _, _] or ["#keys"] => RedisType.List,
            [_, _, _] or [_, _, _, "past", _] => RedisType.Stream,
            [_, _, _, "live"] or [_, _, _, "cancel", _] => RedisType.String,
            [_, _, _, "run"] => RedisType.Hash,
            _ => null,
        };

    public static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
}
