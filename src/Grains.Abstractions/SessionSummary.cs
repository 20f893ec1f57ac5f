namespace AgentStream;

/// <summary>A session in a list of a user's sessions.</summary>
/// <param name="Key">The session.</param>
/// <param name="Title">Its title, or the beginning of its first prompt, on one line, or <c>No title</c>.</param>
/// <param name="Changed">When its history last grew, whatever its title has become since; null while the first prompt is still on its way into the journal, and for a run of another library.</param>
/// <param name="IsLive">Whether a run is under way that nobody has canceled.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.SessionSummary")]
public sealed record SessionSummary(
    [property: Id(0)] SessionKey Key, [property: Id(1)] string Title, [property: Id(2)] DateTimeOffset? Changed, [property: Id(3)] bool IsLive)
{
    /// <summary>How many sessions a list has, unless more or fewer are asked for.</summary>
    public const int DefaultCount = 100;

    /// <summary>The most sessions that can be asked for at once.</summary>
    public const int MaxCount = 1_000;
}
