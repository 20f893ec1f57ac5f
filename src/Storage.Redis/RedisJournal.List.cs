using System.Globalization;
using AgentStream.Storage.Journal;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

public sealed partial class RedisJournal
{
    private static readonly RedisScript ListScript = RedisScript.Named("journal-list.lua");

    /// <inheritdoc/>
    /// <remarks>A session is in the list from its first append on; one that was last written to before there was a list is not in it until it is written to again.</remarks>
    public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default) =>
        ListSessionsAsync(user, count, after: null, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>As above.</remarks>
    public async ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, JournaledSession? after, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var sessions = new List<JournaledSession>();
        RedisValue[] place = after is null ? [] : [after.Changed.ToUnixTimeMilliseconds(), after.Key.Session];
        while (true)
        {
            var more = count - sessions.Count;
            var answer = (RedisResult[]?)await redis.ScriptAsync(
                $"list the journals of user {user}", ListScript, [RedisKeys.Journals(_prefix, user), RedisKeys.Titles(_prefix, user)], [more, .. place], cancellationToken);
            sessions.AddRange(
                from entry in answer!.Chunk(3)
                let name = (string?)entry[0]

                // What another program has put among them is no session, and may be at a time that is none.
                where SessionKey.IsSessionId(name)
                let key = user.Session(name)
                let session = new JournaledSession(key, When((string?)entry[1]), _protection.ReadTitle(key, (string?)entry[2]))
                where after is null || SessionOrder.IsAfter(session, after)
                select session);
            if (answer!.Length < 3 * more || sessions.Count == count)
            {
                return sessions;
            }

            place = [(RedisValue)answer[^2], (RedisValue)answer[^3]];
        }
    }

    /// <summary>The time of a session's last record; of a number that no time has, the nearest.</summary>
    private static DateTimeOffset When(string? milliseconds) =>
        double.TryParse(milliseconds, CultureInfo.InvariantCulture, out var number)
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Clamp(number, 0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()))
            : DateTimeOffset.UnixEpoch;
}
