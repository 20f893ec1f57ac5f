using Orleans.Runtime;

namespace Orleans;

/// <summary>A grain's implementation.</summary>
public interface IGrainBase
{
    /// <summary>The activation that the grain lives in.</summary>
    IGrainContext GrainContext { get; }

    /// <summary>Runs before the first request. If it throws, the requests fail with its exception, and no activation is left.</summary>
    /// <param name="token">Canceled when activation takes longer than the activation time-out, or is no longer wanted.</param>
    /// <returns>A task that completes when requests may come.</returns>
    Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;

    /// <summary>Runs after the last request. It is not run when the silo is killed. What it throws is logged.</summary>
    /// <param name="reason">Why the activation goes.</param>
    /// <param name="token">Canceled when deactivation takes longer than the deactivation time-out.</param>
    /// <returns>A task that completes when the activation may go.</returns>
    Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => Task.CompletedTask;
}
