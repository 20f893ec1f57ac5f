using AgentStream;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the client over HTTP.</summary>
public static class AgentStreamHttpClientServiceCollectionExtensions
{
    /// <summary>Adds an <see cref="AgentStreamHttpClient"/>, also as <see cref="IAgentStreamClient"/>.</summary>
    /// <param name="services">The services to add to.</param>
    /// <param name="address">Where the routes stand, such as <c>http://127.0.0.1:5080/chat</c>.</param>
    /// <param name="configure">Sets the rest.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="InvalidInputException">A setting breaks its rule; the exception names it.</exception>
    public static IServiceCollection AddAgentStreamHttpClient(this IServiceCollection services, Uri address, Action<AgentStreamHttpClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new AgentStreamHttpClientOptions { Address = address };
        configure?.Invoke(options);
        options.Check();
        services.AddSingleton(provider => new AgentStreamHttpClient(options, provider.GetService<TimeProvider>()));
        services.AddSingleton<IAgentStreamClient>(provider => provider.GetRequiredService<AgentStreamHttpClient>());
        return services;
    }
}
