using AgentStream;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the client over HTTP.</summary>
public static class AgentStreamHttpClientServiceCollectionExtensions
{
    /// <summary>Adds an <see cref="AgentStreamHttpClient"/>, also as <see cref="IAgentStreamClient"/>.</summary>
    /// <param name="services">The services to add to.</param>
    /// <param name="address">Where the routes stand, such as <c>http://127.0.0.1:5080/chat</c>.</param>
    /// <param name="configure">Sets the rest.</param>
    /// <returns>
    /// Takes further handlers, such as those of tokens or certificates. Requests leave no line in the log;
    /// <see cref="HttpClientBuilderExtensions.AddDefaultLogger"/> changes that.
    /// </returns>
    /// <exception cref="InvalidInputException">A setting breaks its rule; the exception names it.</exception>
    public static IHttpClientBuilder AddAgentStreamHttpClient(this IServiceCollection services, Uri address, Action<AgentStreamHttpClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new AgentStreamHttpClientOptions { Address = address };
        configure?.Invoke(options);
        options.Check();

        // Clients of two servers share neither headers nor certificates.
        var name = $"{nameof(AgentStreamHttpClient)} {options.Address}";
        services.AddSingleton(provider => new AgentStreamHttpClient(
            options, provider.GetRequiredService<IHttpClientFactory>().CreateClient(name), provider.GetService<TimeProvider>()));
        services.AddSingleton<IAgentStreamClient>(provider => provider.GetRequiredService<AgentStreamHttpClient>());

        // Connections are renewed by themselves. Replacing the handler would leave those of long streams behind.
        return services.AddHttpClient(name)
            .ConfigurePrimaryHttpMessageHandler(options.NewHandler)
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();
    }
}
