using System.Reflection;
using Orleans.Embedded.Activations;
using Orleans.Runtime;

namespace Orleans.Embedded.Calls;

#pragma warning disable CA1852 // The runtime derives the proxies from it.
/// <summary>The base of what callers hold: an object that implements a grain's interface by sending calls.</summary>
internal class GrainReference : DispatchProxy, IAddressable
#pragma warning restore CA1852
{
    private Type? _interface;

    public GrainId Id { get; private set; }

    public Caller Caller { get; private set; } = null!;

    public static object Create(Type grainInterface, GrainId id, Caller caller)
    {
        var proxy = Create(grainInterface, typeof(GrainReference));
        var reference = (GrainReference)proxy;
        reference._interface = grainInterface;
        reference.Id = id;
        reference.Caller = caller;
        return proxy;
    }

    public override bool Equals(object? obj) => obj is GrainReference other && other.Id == Id && other._interface == _interface;

    public override int GetHashCode() => HashCode.Combine(Id, _interface);

    public override string ToString() => $"{_interface!.Name} of {Id}";

    /// <summary>A call from within a grain is one of its silo, whoever made the reference.</summary>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        GrainMethod.Of(targetMethod!).Call(this, Activation.Current?.Silo.Caller ?? Caller, args!);
}
