namespace AgentStream;

/// <summary>The limits of a user, or of all users of a scope together. Each is 0, for no limit, or more. All but <see cref="Listeners"/> hold for the whole cluster.</summary>
public sealed class UsageLimits
{
    /// <summary>Gets or sets the most runs that may be under way at a time. More are refused; a prompt that waits in a queue continues to wait.</summary>
    public int LiveRuns { get; set; }

    /// <summary>Gets or sets the most prompts that may wait in queues, of all sessions.</summary>
    public int QueuedPrompts { get; set; }

    /// <summary>Gets or sets the most sessions that may be kept. Deleting one makes room.</summary>
    public int Sessions { get; set; }

    /// <summary>Gets or sets the most bytes that the journals of all sessions may have before they take no more prompts and imports. What runs under way add is kept in any case.</summary>
    public long JournalBytes { get; set; }

    /// <summary>Gets or sets the most streams that may be followed at a time over HTTP, in each process.</summary>
    public int Listeners { get; set; }

    /// <summary>Gets or sets the most prompts in a minute of the clock, those that have to wait included.</summary>
    public int PromptsPerMinute { get; set; }

    /// <summary>Gets or sets the most tokens that models may report in a day (UTC), input and output together. When it is reached, no prompt is taken, and runs end at their next request to the model.</summary>
    public long TokensPerDay { get; set; }
}
