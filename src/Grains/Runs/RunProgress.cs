namespace AgentStream.Grains.Runs;

/// <summary>A run that the journal knows no end of.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Agent">Its agent's name.</param>
internal sealed record RunProgress(string RunId, string Agent)
{
    /// <summary>The last node that has begun; -1 for none: the run continues one that had waited for somebody.</summary>
    public int Idx { get; init; } = -1;

    /// <summary>Whether that node's response is complete.</summary>
    public bool IsAnswered { get; init; }

    /// <summary>How many of its nodes have a complete response.</summary>
    public int Answered => IsAnswered ? Idx + 1 : Math.Max(Idx, 0);

    /// <summary>How often it was recovered from a process that died.</summary>
    public int Resumes { get; init; }

    /// <summary>Whether its last process left it in order.</summary>
    public bool IsGivenAway { get; init; }
}
