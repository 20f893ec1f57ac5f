namespace Orleans;

/// <summary>Makes references to grains. A reference is a local object; a grain is activated by the first call to it.</summary>
public interface IGrainFactory
{
    /// <summary>Makes a reference to a grain.</summary>
    /// <typeparam name="TGrainInterface">The grain's interface.</typeparam>
    /// <param name="primaryKey">The grain's key.</param>
    /// <param name="grainClassNamePrefix">How the full name of the grain's class begins, where several implement the interface.</param>
    /// <returns>The reference.</returns>
    /// <exception cref="ArgumentException">No class, or more than one, implements the interface.</exception>
    TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey;

    /// <summary>Makes a reference to a grain.</summary>
    /// <param name="grainInterfaceType">The grain's interface.</param>
    /// <param name="grainPrimaryKey">The grain's key.</param>
    /// <returns>The reference, which implements the interface.</returns>
    /// <exception cref="ArgumentException">No class, or more than one, implements the interface.</exception>
    IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey);
}

/// <summary>Calls the grains of a cluster.</summary>
public interface IClusterClient : IGrainFactory
{
    /// <summary>The services of the host that the client belongs to.</summary>
    IServiceProvider ServiceProvider { get; }
}
