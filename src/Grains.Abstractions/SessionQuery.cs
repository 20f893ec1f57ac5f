namespace AgentStream;

/// <summary>Which of a user's sessions to answer with. They are in the order of their last changes, the latest first, and those of one time by their ids, descending.</summary>
/// <param name="Count">The most sessions of a page, from 1 to <see cref="SessionSummary.MaxCount"/>. The first page has all live sessions besides, unless words are searched for.</param>
/// <param name="After">What <see cref="SessionPage.Next"/> said, for the next page; null for the first.</param>
/// <param name="Search">Words that the titles have, all of them, in any case and place; up to <see cref="MaxSearchLength"/> characters. Null for all sessions.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.SessionQuery")]
public sealed record SessionQuery(
    [property: Id(0)] int Count = SessionSummary.DefaultCount, [property: Id(1)] string? After = null, [property: Id(2)] string? Search = null)
{
    /// <summary>The most characters of a search.</summary>
    public const int MaxSearchLength = 200;
}

/// <summary>Some of a user's sessions.</summary>
/// <param name="Sessions">The sessions, in their order; on the first page the live ones that are not among them come before.</param>
/// <param name="Next">Asks for the next page (<see cref="SessionQuery.After"/>); null when there is none. What it is made of may change.</param>
/// <remarks>A session that does not change meanwhile is on one page, whatever becomes of others.</remarks>
[GenerateSerializer, Immutable, Alias("AgentStream.SessionPage")]
public sealed record SessionPage([property: Id(0)] IReadOnlyList<SessionSummary> Sessions, [property: Id(1)] string? Next);
