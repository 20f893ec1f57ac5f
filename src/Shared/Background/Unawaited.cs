namespace AgentStream.Background;

/// <summary>Tasks that nobody waits for any more.</summary>
internal static class Unawaited
{
    /// <summary>Looks at a task's fault, so that it does not count as one that nobody has seen.</summary>
    public static void Forget(this Task? task) => task?.ContinueWith(
        static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
