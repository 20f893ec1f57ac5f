using AgentStream;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;

namespace Orleans.Hosting;

/// <summary>Gives a silo the streams of its sessions.</summary>
public static class SessionStreamsHosting
{
    /// <summary>
    /// Turns <see cref="AgentStreamOptions.MirrorToStreams"/> on, and adds a provider of memory streams named <see cref="SessionStreams.ProviderName"/>,
    /// with implicit subscriptions, unless the silo has one of that name already.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddSessionStreams(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.Services.Configure<AgentStreamOptions>(options => options.MirrorToStreams = true);
        return silo.Services.Any(s => s.ServiceType == typeof(IStreamProvider) && SessionStreams.ProviderName.Equals(s.ServiceKey))
            ? silo
            : silo.AddMemoryStreams(SessionStreams.ProviderName, streams => streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly));
    }
}
