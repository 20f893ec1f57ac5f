using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Sessions;

/// <summary>Where a page of a user's sessions ended, as text that a client brings back: the last session as it was listed, and the live ones that the first page had besides.</summary>
/// <param name="Last">The last session.</param>
/// <param name="Shown">Names of the live sessions that stood before the first page, shortened: they are not shown again where they stand in the order.</param>
internal sealed record SessionPlace(JournaledSession Last, IReadOnlySet<string> Shown)
{
    /// <summary>The most live sessions that are remembered. Of a user with more, others come twice.</summary>
    public const int MaxShown = 200;

    private const string Version = "1";
    private const int ShownLength = 8;
    private const int MaxLength = 4096;

    /// <summary>A place after a first page.</summary>
    public static SessionPlace Of(JournaledSession last, IEnumerable<SessionKey> shown) => new(last, shown.Take(MaxShown).Select(Short).ToHashSet(StringComparer.Ordinal));

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="InvalidInputException">It did not write this.</exception>
    public static SessionPlace Parse(string text, UserKey user)
    {
        if (text.Length <= MaxLength && Base64Url.IsValid(text)
            && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(':') is [Version, var time, var session, var shown]
            && long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            && SessionKey.IsSessionId(session) && shown.Length % ShownLength == 0 && shown.Length <= ShownLength * MaxShown)
        {
            return new(
                new JournaledSession(user.Session(session), DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), Title: null),
                shown.Chunk(ShownLength).Select(name => new string(name)).ToHashSet(StringComparer.Ordinal));
        }

        throw new InvalidInputException("after", "must be what the page before says of the next one");
    }

    /// <summary>Whether the first page had a session besides.</summary>
    public bool HasShown(SessionKey key) => Shown.Count > 0 && Shown.Contains(Short(key));

    /// <inheritdoc/>
    public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{Version}:{Last.Changed.ToUnixTimeMilliseconds()}:{Last.Key.Session}:{string.Concat(Shown)}")));

    private static string Short(SessionKey key) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(key.Session)).AsSpan(0, 6));
}
