namespace AgentStream;

/// <summary>The settings of the health checks and of the order to stop, from the configuration section <c>AgentStream:Health</c> or from code.</summary>
public sealed class AgentStreamHealthOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "AgentStream:Health";

    /// <summary>
    /// How long a process that is told to stop serves as before while it says that it is not ready, 0 to 10 min: longer than a load balancer takes to notice. 0 unless set: the process stops at once.
    /// A second order (SIGTERM, Ctrl-C) ends the wait.
    /// </summary>
    public TimeSpan DrainDelay { get; set; }

    /// <summary>How long a check of a store may take before it counts as failed: 100 ms to 1 min; 2 s unless set.</summary>
    public TimeSpan CheckTimeout { get; set; } = TimeSpan.FromSeconds(2);
}
