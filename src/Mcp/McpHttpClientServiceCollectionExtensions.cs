using AgentStream.Mcp;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts the HTTP of MCP servers into the hands of the host.</summary>
public static class McpHttpClientServiceCollectionExtensions
{
    /// <summary>
    /// Adds the handlers of all MCP servers over HTTP, under the name <c>AgentStream.Mcp</c>. Without this, each connection has its own.
    /// Redirects and cookies are followed and kept outside of them, for each connection by itself. What is configured for the
    /// <see cref="HttpClient"/> itself has no effect: headers are an <see cref="AgentStream.McpConnectionOptions"/>.
    /// </summary>
    /// <param name="services">The services to add to.</param>
    /// <returns>Takes further handlers, such as those of resilience. A call that is a second time the same changes nothing.</returns>
    public static IHttpClientBuilder AddMcpHttpClient(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        var http = services.AddHttpClient(McpHttp.Name);
        if (services.Any(service => service.ServiceType == typeof(McpHttp)))
        {
            return http;
        }

        services.AddSingleton(provider => new McpHttp(provider.GetRequiredService<IHttpMessageHandlerFactory>()));

        // Connections are renewed by themselves. Replacing the handler would leave those of long streams behind.
        return http.ConfigurePrimaryHttpMessageHandler(McpHttp.NewHandler).SetHandlerLifetime(Timeout.InfiniteTimeSpan);
    }
}
