namespace AgentStream.Simulation.Tests;

/// <summary>What a run of a session waits for, as the journal has it.</summary>
/// <param name="RunId">The run that ended with it.</param>
/// <param name="Requests">What it asked.</param>
internal sealed record Pause(string RunId, IReadOnlyList<PendingRequest> Requests)
{
    /// <summary>The calls that were allowed so far.</summary>
    public List<string> Allowed { get; } = [];

    /// <summary>The run that continues with the answers; null for none yet.</summary>
    public string? Continued { get; set; }
}
