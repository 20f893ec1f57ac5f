using System.Globalization;
using AgentStream.Messages;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using static System.FormattableString;
using RedisEntry = StackExchange.Redis.StreamEntry;

namespace AgentStream.Storage.Redis;

/// <summary>
/// A journal in Redis, beside the stream store: a stream for each session, <c>{prefix}:#journal:{scope}:{user}:{session}</c>, that does not expire.
/// A record's version is its entry's id, and each write proves in the same atomic step that its run owns the session.
/// </summary>
/// <remarks>
/// Every operation may throw <see cref="StorageUnavailableException"/>; then it is not known whether it took place. It may be repeated: records that
/// the run has added already are not added twice.
/// </remarks>
/// <param name="redis">The stream store's Redis.</param>
/// <param name="options">The settings: the prefix.</param>
/// <param name="protection">Encrypts the records, or not; null for not.</param>
public sealed partial class RedisJournal(RedisConnection redis, IOptions<StorageOptions> options, AtRestProtection? protection = null) : ISessionJournal
{
    // What is longer goes over the connection for large values: a command of another user, or a lease, does not wait for it.
    private const int LargeBytes = 64 * 1024;
    private const int PageBytes = 1 << 20;

    private const long Added = 0;
    private const long OtherVersion = 1;
    private const long Lost = 2;
    private const long TooMuch = 3;

    private const int NoName = 0;
    private const int HasName = 1;
    private const int NameAlone = 2;

    private static readonly RedisScript AppendScript = RedisScript.Named("journal-usage.lua", "journal-append.lua");
    private static readonly RedisScript ReadScript = RedisScript.Named("journal-read.lua");
    private static readonly RedisScript UsageScript = RedisScript.Named("journal-usage.lua", "usage.lua");
    private static readonly RedisScript DeleteScript = RedisScript.Named("journal-usage.lua", "journal-delete.lua");

    private readonly string _prefix = options.Value.RedisPrefix;
    private readonly AtRestProtection _protection = protection ?? AtRestProtection.None;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default) =>
        ReadAsync(key, afterVersion, isWhole: true, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>What is encrypted comes whole.</remarks>
    public ValueTask<IReadOnlyList<JournalRecord>> ReadWithoutImportsAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default) =>
        ReadAsync(key, afterVersion, isWhole: false, cancellationToken);

    private async ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, bool isWhole, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfNegative(afterVersion);
        var journal = RedisKeys.Journal(_prefix, key);
        using var turn = new LargeReads();
        var records = new List<JournalRecord>();
        for (var (place, isLarge) = (Invariant($"0-{afterVersion}"), false); ; isLarge = true)
        {
            if (isLarge)
            {
                await turn.WaitAsync(cancellationToken);
            }

            var page = (RedisResult[]?)await redis.ScriptAsync(
                isLarge, $"read journal {journal}", ReadScript, [journal], [place, isLarge ? PageBytes : LargeBytes, isLarge, isWhole], cancellationToken);
            foreach (var entry in page!.Skip(1).Chunk(2))
            {
                place = (string)entry[0]!;
                records.Add(Read(key, place, (byte[]?)entry[1] ?? []));
            }

            if ((long)page![0] == 0)
            {
                return records;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default) =>
        AppendAsync(owner, expectedVersion, records, limits: null, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, LimitOptions? limits, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);
        ArgumentNullException.ThrowIfNull(records);
        var journal = RedisKeys.Journal(_prefix, owner.Key);
        var buffers = new List<ChunkedBuffer>();
        var json = records.Select((record, index) => Write(owner.Key, expectedVersion + index + 1, record, buffers)).ToArray();
        var answer = (RedisResult[]?)await redis.ScriptAsync(
            json.Sum(record => record.Length()) > LargeBytes,
            $"append to journal {journal}",
            AppendScript,
            KeysOf(owner.Key),
            [
                owner.SiloId, owner.Fence, expectedVersion, owner.Key.Session, (JournaledSession.ChangedAt(records) ?? records[^1].Timestamp).ToUnixTimeMilliseconds(),
                _protection.WriteTitle(owner.Key, JournaledSession.TitleOf(records)) ?? "",
                ReplacedRecords.Before(records, expectedVersion),
                JournaledSession.NameOf(records) is null ? NoName : JournaledSession.ChangedAt(records) is null ? NameAlone : HasName,
                .. LimitsOf(limits).Select(limit => (RedisValue)limit.Allowed),
                .. json,
            ],
            cancellationToken);

        // What was not answered may still be on its way.
        buffers.ForEach(buffer => buffer.Dispose());
        var (status, number) = ((long)answer![0], (long)answer[1]);
        if (status != Added && !(status == OtherVersion && _protection.IsOn && await IsRepeatedAsync(owner, expectedVersion, records, number, cancellationToken)))
        {
            throw status switch
            {
                Lost => LostBy(owner),
                TooMuch when LimitsOf(limits)[number - 1] is var (limit, target, allowed) => new LimitExceededException(limit, target, allowed),
                _ => JournalErrors.OtherVersion(owner, number, expectedVersion),
            };
        }
    }

    /// <inheritdoc/>
    /// <remarks>What a journal had before there were sizes does not count, until its next import or its deletion.</remarks>
    public async ValueTask<JournalUsage?> GetUsageAsync(UserKey user, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        var answer = (RedisResult[]?)await redis.ScriptAsync(
            $"read the usage of user {user}", UsageScript, [RedisKeys.Sizes(_prefix, user), RedisKeys.Sizes(_prefix, user.Scope)], [], cancellationToken);
        return new(new((long)answer![0], (long)answer[2]), new((long)answer[1], (long)answer[3]));
    }

    /// <summary>Whether this run has added just these records there: the answer to an earlier try was lost. What is encrypted has other bytes each time, so the script cannot tell.</summary>
    private async Task<bool> IsRepeatedAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, long version, CancellationToken cancellationToken)
    {
        // What an import replaces was not written.
        var (before, last) = (Math.Max(expectedVersion, ReplacedRecords.Before(records, expectedVersion)), expectedVersion + records.Count);
        if (version < last)
        {
            return false;
        }

        var journal = RedisKeys.Journal(_prefix, owner.Key);
        var entries = await redis.RunAsync(
            $"read journal {journal}", database => database.StreamRangeAsync(journal, Invariant($"0-{before + 1}"), Invariant($"0-{last}")), cancellationToken, journal);
        return entries.Length == last - before
            && entries.All(entry => entry.Values is [var run, ..] && run.Value == owner.Fence)
            && entries.Index().All(entry =>
                _protection.IsSame(owner.Key, before + entry.Index + 1, Record(entry.Item), records[(int)(before - expectedVersion) + entry.Index]));
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        var answer = await redis.ScriptAsync(
            $"delete journal {RedisKeys.Journal(_prefix, owner.Key)}", DeleteScript, KeysOf(owner.Key), [owner.SiloId, owner.Fence, owner.Key.Session], cancellationToken);
        if ((long)answer == 0)
        {
            throw LostBy(owner);
        }
    }

    private RedisKey[] KeysOf(SessionKey key)
    {
        var user = key.UserKey;
        return
        [
            RedisKeys.Journal(_prefix, key), new RedisKeys(_prefix, key).Owner, RedisKeys.Journals(_prefix, user), RedisKeys.Titles(_prefix, user),
            RedisKeys.Sizes(_prefix, user), RedisKeys.Sizes(_prefix, key.Scope),
        ];
    }

    /// <summary>The limits in the order of the script.</summary>
    private static (string Limit, LimitTarget Target, long Allowed)[] LimitsOf(LimitOptions? limits) =>
    [
        (LimitNames.JournalBytes, LimitTarget.Session, limits?.SessionJournalBytes ?? 0),
        (LimitNames.JournalBytes, LimitTarget.User, limits?.PerUser.JournalBytes ?? 0),
        (LimitNames.JournalBytes, LimitTarget.Scope, limits?.PerScope.JournalBytes ?? 0),
        (LimitNames.Sessions, LimitTarget.User, limits?.PerUser.Sessions ?? 0),
        (LimitNames.Sessions, LimitTarget.Scope, limits?.PerScope.Sessions ?? 0),
    ];

    private static OwnershipLostException LostBy(RunToken owner) =>
        new($"Run {owner.RunId} does not own session {owner.Key} any more. Its journal was left as it is.");

    /// <summary>The version that an entry's id has: that of a record, unless another program has written it.</summary>
    private static long VersionOf(string id) => id.StartsWith("0-", StringComparison.Ordinal) && long.TryParse(id.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    /// <summary>The record of an entry, which is its second field.</summary>
    private static byte[] Record(in RedisEntry entry) => entry.Values is [_, var record, ..] ? (byte[]?)record.Value ?? [] : [];

    /// <summary>A record as it is kept. A large one stays in the buffer that it was written to.</summary>
    private RedisValue Write(SessionKey key, long version, JournalRecord record, List<ChunkedBuffer> buffers)
    {
        if (_protection.IsOn || record.Size <= LargeBytes)
        {
            return _protection.Write(key, version, record);
        }

        var buffer = new ChunkedBuffer();
        buffers.Add(buffer);
        JournalRecordJson.Write(record, buffer);
        return buffer.ToSequence();
    }

    private JournalRecord Read(SessionKey key, string id, byte[] json)
    {
        try
        {
            return _protection.Read(key, VersionOf(id), json);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"Entry {id} of {RedisKeys.Journal(_prefix, key)}: {e.Message}", e);
        }
    }
}
