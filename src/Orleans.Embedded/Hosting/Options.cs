namespace Orleans.Configuration;

/// <summary>How calls are sent.</summary>
public abstract class MessagingOptions
{
    /// <summary>
    /// How long a caller waits for an answer before its call fails with a <see cref="TimeoutException"/>; the grain goes on.
    /// Default: 30 seconds. <see cref="Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>How a silo sends calls.</summary>
public class SiloMessagingOptions : MessagingOptions;

/// <summary>How a client sends calls.</summary>
public class ClientMessagingOptions : MessagingOptions;

/// <summary>When activations that are not used go.</summary>
public class GrainCollectionOptions
{
    /// <summary>How often the silo looks for unused activations. Default: a minute.</summary>
    public TimeSpan CollectionQuantum { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long an activation stays unused before it goes; longer than the quantum. Default: 15 minutes.</summary>
    public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long <see cref="Grain.OnActivateAsync"/> may take before its calls fail. Default: 30 seconds.</summary>
    public TimeSpan ActivationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long <see cref="Grain.OnDeactivateAsync"/> may take before the activation goes without its end. Default: 30 seconds.
    /// </summary>
    public TimeSpan DeactivationTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>Which cluster.</summary>
public class ClusterOptions
{
    /// <summary>The cluster's id.</summary>
    public string ClusterId { get; set; } = "default";

    /// <summary>The service's id, which stays the same when a new cluster takes over.</summary>
    public string ServiceId { get; set; } = "default";
}
