namespace Orleans.Runtime;

/// <summary>An activation: one grain instance, its services and its turns.</summary>
public interface IGrainContext
{
    /// <summary>The grain; null until it is made.</summary>
    object? GrainInstance { get; }

    /// <summary>The services of this activation: a scope of the silo's services that is disposed with it.</summary>
    IServiceProvider ActivationServices { get; }

    /// <summary>Lets the activation go after the requests that are running. Requests that wait go to the grain's next activation.</summary>
    /// <param name="deactivationReason">What <see cref="IGrainBase.OnDeactivateAsync"/> is told.</param>
    /// <param name="cancellationToken">Cancels the token of <see cref="IGrainBase.OnDeactivateAsync"/>.</param>
    void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);
}
