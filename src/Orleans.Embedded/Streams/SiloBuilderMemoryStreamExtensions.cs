using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Embedded.Streams;
using Orleans.Streams;

namespace Orleans.Hosting;

/// <summary>Gives a silo streams.</summary>
public static class SiloBuilderMemoryStreamExtensions
{
    /// <summary>Adds a provider of streams whose items are in memory until their subscribers have taken them.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The provider's name.</param>
    /// <param name="configure">Configures the provider; in the embedded engine, whose subscriptions are all implicit, it changes nothing.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddMemoryStreams(this ISiloBuilder builder, string name, Action<ISiloMemoryStreamConfigurator>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        builder.Services.TryAddScoped<Subscriptions>();
        builder.Services.AddKeyedSingleton<IStreamProvider>(
            name, (services, _) => ActivatorUtilities.CreateInstance<MemoryStreamProvider>(services, name));
        configure?.Invoke(new Configurator(name));
        return builder;
    }

    private sealed record Configurator(string Name) : ISiloMemoryStreamConfigurator;
}

/// <summary>Configures a service that has a name.</summary>
public interface INamedServiceConfigurator
{
    /// <summary>The service's name.</summary>
    string Name { get; }
}

/// <summary>Configures a stream provider.</summary>
public interface IPersistentStreamConfigurator : INamedServiceConfigurator;

/// <summary>Configures a provider of memory streams.</summary>
public interface ISiloMemoryStreamConfigurator : IPersistentStreamConfigurator;

/// <summary>Configures stream providers.</summary>
public static class PersistentStreamConfiguratorExtensions
{
    /// <summary>Says what subscriptions there are.</summary>
    /// <param name="configurator">The provider.</param>
    /// <param name="pubsubType">The kinds of subscriptions; the embedded engine has only implicit ones.</param>
    public static void ConfigureStreamPubSub(
        this IPersistentStreamConfigurator configurator, StreamPubSubType pubsubType = StreamPubSubType.ExplicitGrainBasedAndImplicit)
    {
        ArgumentNullException.ThrowIfNull(configurator);
        if (pubsubType is StreamPubSubType.ExplicitGrainBasedOnly)
        {
            throw new NotSupportedException("The embedded engine has only implicit stream subscriptions.");
        }
    }
}
