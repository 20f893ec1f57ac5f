using Orleans.Embedded.Activations;
using Orleans.Runtime;

namespace Orleans;

/// <summary>The base class of grains. A grain's code runs in turns: never two at once, and what it awaits comes back to them.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    private readonly Activation? _activation;

    /// <summary>Makes the grain part of the activation that is being made.</summary>
    protected Grain() => _activation = Activation.Current;

    /// <inheritdoc/>
    public IGrainContext GrainContext => Activation;

    /// <summary>The grain's type and key.</summary>
    public string IdentityString => Activation.Id.ToString();

    /// <summary>The address of the grain's silo.</summary>
    public string RuntimeIdentity => Activation.Silo.SiloAddress.ToString();

    /// <summary>Makes references to other grains.</summary>
    protected IGrainFactory GrainFactory => Activation.Silo.Client;

    /// <summary>The services of this activation: a scope that is disposed with it.</summary>
    protected internal IServiceProvider ServiceProvider => Activation.ActivationServices;

    internal Activation Activation => _activation
        ?? throw new InvalidOperationException("The grain was not made by the engine, so it has no activation.");

#pragma warning disable CA1725 // The parameters' names are those of Orleans.
    /// <inheritdoc cref="IGrainBase.OnActivateAsync"/>
    /// <param name="cancellationToken">Canceled when activation takes longer than the activation time-out, or is no longer wanted.</param>
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc cref="IGrainBase.OnDeactivateAsync"/>
    /// <param name="reason">Why the activation goes.</param>
    /// <param name="cancellationToken">Canceled when deactivation takes longer than the deactivation time-out.</param>
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;
#pragma warning restore CA1725

    /// <summary>Lets this activation go after the requests that are running. The grain's next call makes a new one.</summary>
    protected void DeactivateOnIdle() => GrainBaseExtensions.DeactivateOnIdle(this);

    /// <summary>Keeps this activation from going because it is not used.</summary>
    /// <param name="timeSpan">
    /// How long from now; <see cref="Timeout.InfiniteTimeSpan"/> or <see cref="TimeSpan.MaxValue"/> keeps it for ever,
    /// zero or less ends an earlier delay.
    /// </param>
    protected void DelayDeactivation(TimeSpan timeSpan) => Activation.DelayDeactivation(timeSpan);
}
