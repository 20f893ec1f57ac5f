using Orleans.Embedded.Enumerations;
using Orleans.Embedded.Timers;

namespace Orleans.Embedded.Activations;

/// <summary>What only few activations need, or only at their end. Guarded by the activation's lock.</summary>
internal sealed class ActivationExtras
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
