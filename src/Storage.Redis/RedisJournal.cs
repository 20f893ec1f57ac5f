using System.Globalization;
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
public sealed class RedisJournal(RedisConnection redis, IOptions<StorageOptions> options, AtRestProtection? protection = null) : ISessionJournal
{
    // A page should have about this many bytes, so that a long journal does not keep Redis from others.
    private const long PageBytes = 1 << 20;
    private const int FirstPage = 32;
    private const int LargestPage = 1_000;

    private const long Added = 0;
    private const long Lost = 2;

    private static readonly RedisScript AppendScript = RedisScript.Named("journal-append.lua");
    private static readonly RedisScript ListScript = RedisScript.Named("journal-list.lua");
    private static readonly RedisScript DeleteScript = RedisScript.Named("journal-delete.lua");

    private readonly string _prefix = options.Value.RedisPrefix;
    private readonly AtRestProtection _protection = protection ?? AtRestProtection.None;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfNegative(afterVersion);
        var journal = RedisKeys.Journal(_prefix, key);
        var records = new List<JournalRecord>();
        for (var count = FirstPage; ;)
        {
            var (start, page) = (Invariant($"(0-{afterVersion + records.Count}"), count);
            var entries = await redis.RunAsync($"read journal {journal}", database => database.StreamRangeAsync(journal, start, "+", page), cancellationToken, journal);
            var bytes = 1L;
            foreach (var entry in entries)
            {
                var json = Record(entry);
                bytes += json.Length;
                records.Add(Read(key, afterVersion + records.Count + 1, json));
            }

            if (entries.Length < count)
            {
                return records;
            }

            // The next page by the size of what this one had.
            count = (int)Math.Clamp(PageBytes * entries.Length / bytes, 1, LargestPage);
        }
    }

    /// <inheritdoc/>
    public async ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);
        ArgumentNullException.ThrowIfNull(records);
        var journal = RedisKeys.Journal(_prefix, owner.Key);
        var answer = (RedisResult[]?)await redis.ScriptAsync(
            $"append to journal {journal}",
            AppendScript,
            KeysOf(owner.Key),
            [
                owner.SiloId, owner.Fence, expectedVersion, owner.Key.Session, records[^1].Timestamp.ToUnixTimeMilliseconds(),
                _protection.WriteTitle(owner.Key, JournaledSession.TitleOf(records)) ?? "",
                .. records.Select((record, index) => (RedisValue)_protection.Write(owner.Key, expectedVersion + index + 1, record)),
            ],
            cancellationToken);
        var (status, version) = ((long)answer![0], (long)answer[1]);
        if (status != Added && !(status != Lost && _protection.IsOn && await IsRepeatedAsync(owner, expectedVersion, records, version, cancellationToken)))
        {
            throw status == Lost ? LostBy(owner) : JournalErrors.OtherVersion(owner, version, expectedVersion);
        }
    }

    /// <inheritdoc/>
    /// <remarks>A session is in the list from its first append on; one that was last written to before there was a list is not in it until it is written to again.</remarks>
    public async ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var answer = (RedisResult[]?)await redis.ScriptAsync(
            $"list the journals of user {user}", ListScript, [RedisKeys.Journals(_prefix, user), RedisKeys.Titles(_prefix, user)], [count], cancellationToken);
        return
        [
            // What another program has put among them is no session.
            .. from entry in answer!.Chunk(3)
               let session = (string?)entry[0]
               where SessionKey.IsSessionId(session)
               let key = user.Session(session)
               select new JournaledSession(key, When((string?)entry[1]), _protection.ReadTitle(key, (string?)entry[2])),
        ];
    }

    /// <summary>Whether this run has added just these records there: the answer to an earlier try was lost. What is encrypted has other bytes each time, so the script cannot tell.</summary>
    private async Task<bool> IsRepeatedAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, long version, CancellationToken cancellationToken)
    {
        if (version < expectedVersion + records.Count)
        {
            return false;
        }

        var journal = RedisKeys.Journal(_prefix, owner.Key);
        var (first, last) = (Invariant($"0-{expectedVersion + 1}"), Invariant($"0-{expectedVersion + records.Count}"));
        var entries = await redis.RunAsync($"read journal {journal}", database => database.StreamRangeAsync(journal, first, last), cancellationToken, journal);
        return entries.Length == records.Count
            && entries.All(entry => entry.Values is [var run, ..] && run.Value == owner.Fence)
            && entries.Index().All(entry => _protection.IsSame(owner.Key, expectedVersion + entry.Index + 1, Record(entry.Item), records[entry.Index]));
    }

    /// <summary>The time of a session's last record; of a number that no time has, the nearest.</summary>
    private static DateTimeOffset When(string? milliseconds) =>
        double.TryParse(milliseconds, CultureInfo.InvariantCulture, out var number)
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Clamp(number, 0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()))
            : DateTimeOffset.UnixEpoch;

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
        var user = new UserKey(key.Scope, key.User);
        return [RedisKeys.Journal(_prefix, key), new RedisKeys(_prefix, key).Owner, RedisKeys.Journals(_prefix, user), RedisKeys.Titles(_prefix, user)];
    }

    private static OwnershipLostException LostBy(RunToken owner) =>
        new($"Run {owner.RunId} does not own session {owner.Key} any more. Its journal was left as it is.");

    /// <summary>The record of an entry, which is its second field.</summary>
    private static byte[] Record(in RedisEntry entry) => entry.Values is [_, var record, ..] ? (byte[]?)record.Value ?? [] : [];

    private JournalRecord Read(SessionKey key, long version, byte[] json)
    {
        try
        {
            return _protection.Read(key, version, json);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException(Invariant($"Entry 0-{version} of {RedisKeys.Journal(_prefix, key)}: {e.Message}"), e);
        }
    }
}
