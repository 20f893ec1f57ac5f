namespace AgentStream.Simulation.Tests;

/// <summary>
/// The only thread of a simulated world. All code of its silos runs here and nowhere else, and stands still when the queue is empty: everything then waits for
/// something that the schedule has in its hands.
/// </summary>
internal sealed class Pump : TaskScheduler
{
    private readonly Queue<Task> _queue = [];

    /// <summary>Lets some code of a silo go.</summary>
    public void Post(Action action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.None, this);

    /// <summary>Runs until everything waits.</summary>
    public void Drain()
    {
        while (true)
        {
            Task? next;
            lock (_queue)
            {
                if (!_queue.TryDequeue(out next))
                {
                    return;
                }
            }

            TryExecuteTask(next);
        }
    }

    protected override void QueueTask(Task task)
    {
        lock (_queue)
        {
            _queue.Enqueue(task);
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
