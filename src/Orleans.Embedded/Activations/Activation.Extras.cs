using Orleans.Embedded.Enumerations;
using Orleans.Embedded.Timers;

namespace Orleans.Embedded.Activations;

/// <summary>What only few activations have, or only at their end.</summary>
internal sealed partial class Activation
{
    private ExtraState? _extras;

    private ExtraState Extras => _extras ??= new();

    public void Add(GrainTimer timer)
    {
        lock (Gate)
        {
            Extras.Timers.Add(timer);
        }
    }

    public void Remove(GrainTimer timer)
    {
        lock (Gate)
        {
            _extras?.Timers.Remove(timer);
        }
    }

    public void Add(IEnumeration enumeration)
    {
        lock (Gate)
        {
            Extras.Enumerations.Add(enumeration);
        }
    }

    public void Remove(IEnumeration enumeration)
    {
        lock (Gate)
        {
            _extras?.Enumerations.Remove(enumeration);
        }
    }

    /// <summary>A consumer begins (+1) or ends (-1) to wait for an enumeration's next item.</summary>
    public void EnumerationAwaited(int change)
    {
        lock (Gate)
        {
            Extras.AwaitedEnumerations += change;
            _lastUse = Silo.Time.GetTimestamp();
        }
    }

    private void DisposeTimers()
    {
        GrainTimer[] timers;
        lock (Gate)
        {
            timers = _extras is null ? [] : [.. _extras.Timers];
        }

        foreach (var timer in timers)
        {
            timer.Dispose();
        }
    }

    /// <summary>Guarded by the activation's lock.</summary>
    private sealed class ExtraState
    {
        public HashSet<GrainTimer> Timers { get; } = [];

        public HashSet<IEnumeration> Enumerations { get; } = [];

        /// <summary>How many enumerations have a consumer that waits for their next item: they are in use though no request runs.</summary>
        public int AwaitedEnumerations { get; set; }

        public DeactivationReason Reason { get; set; }

        /// <summary>Cancels the token of <see cref="Grain.OnDeactivateAsync"/> before its time-out does.</summary>
        public CancellationToken HurryUp { get; set; }

        public TaskCompletionSource Gone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
