using AgentStream;
using AgentStream.Storage;
using AgentStream.Storage.Sessions;
using AgentStream.Storage.Tailing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the client of the cluster that a program is in or next to.</summary>
public static class AgentStreamClientServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="AgentStreamClient"/>, also as <see cref="IAgentStreamClient"/>, each unless it is registered. What it works on is left to the caller: <see cref="IGrainFactory"/>,
    /// <see cref="IStreamReader"/>, <see cref="ISessionEvents"/> and <see cref="StreamHub"/>. Of Orleans, only warnings and errors are logged, unless the program says otherwise.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    public static IServiceCollection AddAgentStreamClientCore(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<LoggerFilterOptions>, OrleansLogs>());
        services.TryAddSingleton<AgentStreamClient>();
        services.TryAddSingleton<IAgentStreamClient>(provider => provider.GetRequiredService<AgentStreamClient>());
        return services;
    }
}
