namespace AgentStream.Chaos;

/// <summary>What became of the attempt to start a run.</summary>
internal enum Outcome
{
    /// <summary>It was answered with the run's events: the run must reach its end.</summary>
    Accepted,

    /// <summary>It was answered with 409.</summary>
    Busy,

    /// <summary>It was answered with an error, or not at all: it may have started or not.</summary>
    Unknown,
}

/// <summary>An attempt to start a run, and what its visitor did with the run.</summary>
internal sealed class Prompt(string tag, int seed)
{
    public string Tag => tag;

    public string Text { get; } = Plan.Prompt(tag, seed);

    public Outcome Outcome { get; set; }

    /// <summary>What its listeners heard.</summary>
    public List<Transcript> Transcripts { get; } = [];

    /// <summary>The answers to its cancels, and when they came; null for one without an answer.</summary>
    public List<(bool? Answer, DateTime At)> Cancels { get; } = [];

    /// <summary>When it was accepted.</summary>
    public DateTime Start { get; set; }
}
