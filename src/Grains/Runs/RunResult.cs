namespace AgentStream.Grains.Runs;

/// <summary>How a run ended in this process.</summary>
internal enum RunEnding
{
    /// <summary>The agent has answered.</summary>
    Completed,

    /// <summary>Somebody canceled it.</summary>
    Canceled,

    /// <summary>Something went wrong.</summary>
    Crashed,

    /// <summary>It goes to another process.</summary>
    HandedOff,
}

/// <summary>How a run ended in this process.</summary>
/// <param name="Ending">How.</param>
/// <param name="Failure">What went wrong, of a run that crashed.</param>
internal sealed record RunResult(RunEnding Ending, Exception? Failure = null)
{
    public static readonly RunResult Completed = new(RunEnding.Completed);

    public static readonly RunResult Canceled = new(RunEnding.Canceled);

    public static readonly RunResult HandedOff = new(RunEnding.HandedOff);

    public static RunResult Crashed(Exception failure) => new(RunEnding.Crashed, failure);
}
