namespace AgentStream.Grains.Telemetry;

/// <summary>What is counted of runs.</summary>
internal static class RunOutcomes
{
    /// <summary>A prompt became a run.</summary>
    public const string Started = "started";

    /// <summary>A run continues one that waited for somebody.</summary>
    public const string Continued = "continued";

    /// <summary>A run of another process continues here.</summary>
    public const string Recovered = "recovered";

    public const string Completed = "completed";
    public const string Paused = "paused";
    public const string Canceled = "canceled";
    public const string Crashed = "crashed";
    public const string HandedOff = "handed_off";

    /// <summary>Another process has the run: it continues there.</summary>
    public const string Lost = "lost";
}
