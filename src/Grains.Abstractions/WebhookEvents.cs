namespace AgentStream;

/// <summary>What webhooks tell of: the <c>type</c> of their payload.</summary>
public static class WebhookEvents
{
    /// <summary>The agent has answered.</summary>
    public const string RunCompleted = "run.completed";

    /// <summary>Somebody canceled the run.</summary>
    public const string RunCanceled = "run.canceled";

    /// <summary>The run failed; its <c>error</c> is one of <see cref="FailureReasons"/>.</summary>
    public const string RunFailed = "run.failed";

    /// <summary>The run has ended because it waits for a person or a client; another run continues it.</summary>
    public const string RunWaiting = "run.waiting";

    /// <summary>Gets all of them.</summary>
    public static IReadOnlyList<string> All { get; } = [RunCompleted, RunCanceled, RunFailed, RunWaiting];
}
