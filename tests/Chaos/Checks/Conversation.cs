namespace AgentStream.Chaos;

/// <summary>What a session must know by now, from the runs that were checked.</summary>
internal sealed class Conversation(string session)
{
    public string Session => session;

    /// <summary>The prompts that the journal has, in order.</summary>
    public List<string> Prompts { get; } = [];

    /// <summary>The words of each response that the journal has, in order.</summary>
    public List<string> Responses { get; } = [];

    /// <summary>The ids of the calls in them.</summary>
    public HashSet<string> Calls { get; } = [];

    /// <summary>Whether a prompt got no answer: it may have been taken, and may be yet.</summary>
    public bool HasUnanswered { get; set; }

    /// <summary>Those prompts: a silo that was paused may take one long after its caller was told that the silo is away.</summary>
    public HashSet<string> Unanswered { get; } = new(StringComparer.Ordinal);

    /// <summary>Something went wrong with it, and is told; there is no use in continuing.</summary>
    public bool IsBroken { get; set; }
}
