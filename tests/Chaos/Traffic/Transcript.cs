namespace AgentStream.Chaos;

/// <summary>What a listener heard of one run.</summary>
internal sealed class Transcript(string listener)
{
    /// <summary>Who it was.</summary>
    public string Listener => listener;

    /// <summary>The frames, as they came.</summary>
    public List<(string Id, string Data)> Frames { get; } = [];

    /// <summary>Whether a response completed, which says that the run has ended; the alternative is a 204.</summary>
    public bool IsComplete { get; set; }

    /// <summary>How often it connected again.</summary>
    public int Reconnects { get; set; }

    /// <summary>The cursor of its last frame.</summary>
    public string? Last => Frames.Count > 0 ? Frames[^1].Id : null;
}
