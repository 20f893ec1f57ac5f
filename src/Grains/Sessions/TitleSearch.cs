namespace AgentStream.Grains.Sessions;

/// <summary>Words that a title is to have, all of them, in any case and place.</summary>
internal sealed class TitleSearch
{
    private readonly string[] _words;

    private TitleSearch(string[] words) => _words = words;

    /// <summary>Reads what a user looks for.</summary>
    /// <returns>The words; null where nothing is looked for.</returns>
    /// <exception cref="InvalidInputException">It breaks the rule.</exception>
    public static TitleSearch? Parse(string? text) => text is null ? null
        : text.Length <= SessionQuery.MaxSearchLength && text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } words ? new(words)
        : throw new InvalidInputException("search", $"must be 1 to {SessionQuery.MaxSearchLength} characters, not only white space");

    /// <summary>Whether a title has them all.</summary>
    public bool Matches(string? title) => title is not null && Array.TrueForAll(_words, word => title.Contains(word, StringComparison.OrdinalIgnoreCase));
}
