namespace AgentStream.Messages;

/// <summary>What a response cost, in tokens.</summary>
/// <param name="InputTokens">Tokens read, those from and to the cache among them.</param>
/// <param name="OutputTokens">Tokens written.</param>
public sealed record TokenUsage(long InputTokens, long OutputTokens) : MessageElement
{
    private static readonly Dictionary<string, long> None = [];

    /// <summary>Tokens written to the provider's cache.</summary>
    public long CacheWriteTokens { get; init; }

    /// <summary>Tokens read from the provider's cache.</summary>
    public long CacheReadTokens { get; init; }

    /// <summary>What else the provider counted, by its names: <c>reasoning_tokens</c>, for one.</summary>
    public IReadOnlyDictionary<string, long> Details { get; init; } = None;
}
