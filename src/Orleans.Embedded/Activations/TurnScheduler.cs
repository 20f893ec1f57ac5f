namespace Orleans.Embedded.Activations;

/// <summary>
/// Runs an activation's turns one after the other on the thread pool. Being the current scheduler during a turn, it is also where
/// what the turn awaits comes back to, and where tasks go that the turn starts.
/// </summary>
internal sealed class TurnScheduler(Activation activation) : TaskScheduler, IThreadPoolWorkItem
{
    /// <summary>How many turns run before other activations get the thread.</summary>
    private const int TurnsInARow = 100;

    /// <summary>Tasks, and turns of the engine: those become tasks when they run, free of any caller's execution context.</summary>
    private readonly Queue<object> _turns = new();
    private bool _isScheduled;

    /// <summary>Runs a turn of the engine.</summary>
    /// <param name="turn">What to do with the activation; it does not throw.</param>
    public void Run(Action<object?> turn) => Enqueue(turn);

    void IThreadPoolWorkItem.Execute()
    {
        Activation.Current = activation;
        try
        {
            for (var count = 0; count < TurnsInARow; count++)
            {
                object? turn;
                lock (_turns)
                {
                    if (!_turns.TryDequeue(out turn))
                    {
                        _isScheduled = false;
                        return;
                    }
                }

                if (turn is Task task)
                {
                    TryExecuteTask(task);
                }
                else
                {
                    new Task((Action<object?>)turn, activation, TaskCreationOptions.DenyChildAttach).RunSynchronously(this);
                }
            }
        }
        finally
        {
            Activation.Current = null;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    protected override void QueueTask(Task task) => Enqueue(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        Activation.Current == activation && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_turns)
        {
            return _turns.OfType<Task>().ToArray();
        }
    }

    private void Enqueue(object turn)
    {
        lock (_turns)
        {
            _turns.Enqueue(turn);
            if (_isScheduled)
            {
                return;
            }

            _isScheduled = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }
}
