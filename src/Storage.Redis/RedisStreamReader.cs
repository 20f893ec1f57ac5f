using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>Reads the streams of a session: the current run's, and those of the runs before it that are still there.</summary>
/// <param name="redis">The Redis.</param>
/// <param name="prefix">What stands before every key.</param>
internal sealed class RedisStreamReader(RedisConnection redis, string prefix)
{
    private static readonly RedisScript ReadScript = RedisScript.Named("read.lua");
    private static readonly RedisValue[] OwnerFields = ["run", "ended", "past"];

    /// <inheritdoc cref="IStreamReader.ReadAsync"/>
    public async Task<StreamSlice> ReadAsync(SessionKey key, Cursor after, int count, CancellationToken cancellationToken)
    {
        var keys = new RedisKeys(prefix, key);
        var what = $"read stream {keys.Stream}";

        // Nothing can stand behind the greatest cursor, and Redis refuses to look there.
        var first = after.Next < after ? "+" : "(" + after;
        var (owner, entries) = await redis.RunAsync(
            what,
            async database =>
            {
                // Nearly always a run of ours is under way: then these two plain commands, sent together, are all. In this order: who reads a new run's entries learns which runs were before it.
                var range = database.StreamRangeAsync(keys.Stream, first, "+", count);
                var fields = database.HashGetAsync(keys.Owner, OwnerFields);
                return (await fields, await range);
            },
            cancellationToken,
            keys.Owner,
            keys.Stream);
        if (await ReadPastAsync(what, keys, owner[2], after, first, count, cancellationToken) is { } past)
        {
            return past;
        }

        if ((!owner[0].IsNull && owner[1].IsNull) || entries.Length == count)
        {
            return new(RedisEntries.Read(entries), IsOpen: true);
        }

        (var openness, entries, var runs) = await redis.RunAsync(
            what,
            async database =>
            {
                // In this order: whatever is added after the answer that nothing more comes is among the entries.
                var open = database.ScriptEvaluateAsync(
                    ReadScript.Text, [keys.Stream, keys.Live, keys.Owner], [RedisKeys.Milliseconds(StreamRules.ForeignSilence)]);
                var range = database.StreamRangeAsync(keys.Stream, first, "+", count);
                var runs = database.HashGetAsync(keys.Owner, "past");
                return ((long)await open, await range, await runs);
            },
            cancellationToken,
            keys.Owner,
            keys.Stream);
        return await ReadPastAsync(what, keys, runs, after, first, count, cancellationToken)
            ?? new(RedisEntries.Read(entries), openness != 0, openness == 2);
    }

    /// <summary>Reads the rest of the past run that a cursor stands in; null when there is none.</summary>
    private async Task<StreamSlice?> ReadPastAsync(
        string what, RedisKeys keys, RedisValue runs, Cursor after, RedisValue first, int count, CancellationToken cancellationToken)
    {
        if (after == Cursor.Start || RedisPastRuns.FirstOf(runs, after) is not { } begin)
        {
            return null;
        }

        RedisKey stream = keys.Past(begin);
        var entries = await redis.RunAsync(what, database => database.StreamRangeAsync(stream, first, "+", count), cancellationToken, stream);
        return entries.Length == 0 ? null : new(RedisEntries.Read(entries), IsOpen: true);
    }
}
