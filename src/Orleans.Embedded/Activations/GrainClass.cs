using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;

namespace Orleans.Embedded.Activations;

/// <summary>A class of grains: how to make one, and what its attributes say.</summary>
internal sealed class GrainClass(Type type)
{
    private readonly ObjectFactory _make = ActivatorUtilities.CreateFactory(type, Type.EmptyTypes);

    public Type Type { get; } = type;

    public bool IsReentrant { get; } = type.GetCustomAttribute<ReentrantAttribute>() is not null;

    public Grain Make(IServiceProvider services) => (Grain)_make(services, null);
}

/// <summary>Which grain: its class and key. The interface that a caller sees it through is no part of it.</summary>
internal readonly record struct GrainId(GrainClass Class, string Key)
{
    public override string ToString() => $"{Class.Type.Name}/{Key}";
}
