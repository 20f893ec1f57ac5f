using Orleans.Embedded.Calls;
using Orleans.Runtime;

namespace Orleans;

/// <summary>What grains and references to grains have in common.</summary>
public static class GrainExtensions
{
    /// <summary>Makes a reference to a grain, to hand it to others, or one through another interface of the grain.</summary>
    /// <typeparam name="TGrainInterface">The interface.</typeparam>
    /// <param name="grain">A grain, or a reference to one.</param>
    /// <returns>The reference.</returns>
    /// <exception cref="ArgumentException"><paramref name="grain"/> is neither.</exception>
    public static TGrainInterface AsReference<TGrainInterface>(this IAddressable grain) => grain switch
    {
        TGrainInterface and GrainReference => (TGrainInterface)grain,
        GrainReference reference => (TGrainInterface)GrainReference.Create(typeof(TGrainInterface), reference.Id, reference.Caller),
        Grain self => (TGrainInterface)GrainReference.Create(typeof(TGrainInterface), self.Activation.Id, self.Activation.Silo.Caller),
        _ => throw NotAGrain(grain),
    };

    /// <summary>The key of a grain.</summary>
    /// <param name="grain">A grain, or a reference to one.</param>
    /// <returns>The key.</returns>
    /// <exception cref="ArgumentException"><paramref name="grain"/> is neither.</exception>
    public static string GetPrimaryKeyString(this IAddressable grain) => grain switch
    {
        Grain self => self.Activation.Id.Key,
        GrainReference reference => reference.Id.Key,
        _ => throw NotAGrain(grain),
    };

    private static ArgumentException NotAGrain(IAddressable grain)
    {
        ArgumentNullException.ThrowIfNull(grain);
        return new ArgumentException($"{grain.GetType()} is neither a grain nor a reference to one.", nameof(grain));
    }
}
