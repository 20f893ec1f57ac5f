namespace AgentStream;

/// <summary>How much one session, one user and one scope may have, and ask for. In every limit, 0 stands for no limit.</summary>
public sealed class LimitOptions
{
    /// <summary>Gets or sets the limits of each user.</summary>
    public UsageLimits PerUser { get; set; } = new()
    {
        LiveRuns = 100,
        QueuedPrompts = 1_000,
        Sessions = 10_000,
        JournalBytes = 1L << 30,
        Listeners = 500,
        PromptsPerMinute = 600,
    };

    /// <summary>Gets or sets the limits of each scope: of all its users together. There is none by default, since without a claim for the scope all users are of one.</summary>
    public UsageLimits PerScope { get; set; } = new();

    /// <summary>
    /// Gets or sets the most bytes that the journal of one session may have before it takes no more prompts, or 0 for no limit. What a run under way adds is kept in any case. An import is a new beginning,
    /// and what it replaces does not count. The default is 64 MiB: a history that is read, and sent to a model, has far less.
    /// </summary>
    public long SessionJournalBytes { get; set; } = 64L << 20;
}
