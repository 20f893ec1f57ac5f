using AgentStream.Grains.Output;

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

    /// <summary>It cannot continue without somebody: another run continues it.</summary>
    Paused,

    /// <summary>It goes to another process.</summary>
    HandedOff,
}

/// <summary>How a run ended in this process.</summary>
/// <param name="Ending">How.</param>
/// <param name="Failure">What went wrong, of a run that crashed.</param>
/// <param name="Error">What is said of it, of a run that was canceled or crashed.</param>
internal sealed record RunResult(RunEnding Ending, Exception? Failure = null, RunError? Error = null)
{
    public static readonly RunResult Completed = new(RunEnding.Completed);

    public static readonly RunResult Canceled = new(RunEnding.Canceled, Error: RunError.Canceled);

    public static readonly RunResult HandedOff = new(RunEnding.HandedOff);

    /// <summary>What it waits for, of a run that paused.</summary>
    public IReadOnlyList<PendingRequest> Requests { get; init; } = [];

    /// <summary>Whether the agent did what it could.</summary>
    public bool IsInOrder => Ending is RunEnding.Completed or RunEnding.Paused;

    public static RunResult Paused(IReadOnlyList<PendingRequest> requests) => new(RunEnding.Paused) { Requests = requests };

    public static RunResult Crashed(Exception failure, RunError error) => new(RunEnding.Crashed, failure, error);
}
