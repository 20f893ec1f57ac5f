using AgentStream;
using AgentStream.Models.Endpoint;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts the HTTP of models into the hands of the host.</summary>
public static class ModelHttpClientServiceCollectionExtensions
{
    /// <summary>
    /// Adds the <see cref="HttpClient"/> of models, under the name <c>AgentStream.Models</c>: it follows no redirect, keeps no cookie, and
    /// has no time limit but 15 s for connecting. Agents from the configuration use it; <see cref="ConfiguredAgents.AddConfiguredAgents"/>
    /// adds it. In code, give an <see cref="OpenAIChatClient"/> the client of that name.
    /// </summary>
    /// <param name="services">The services to add to.</param>
    /// <returns>
    /// Takes further handlers. Requests are repeated by <see cref="OpenAIChatClient"/> itself; a handler that repeats them too multiplies
    /// the tries. A call that is a second time the same changes nothing.
    /// </returns>
    public static IHttpClientBuilder AddModelHttpClient(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        var http = services.AddHttpClient(ModelHttp.Name);
        if (services.Any(service => service.ServiceType == typeof(Added)))
        {
            return http;
        }

        services.AddSingleton<Added>();

        // Connections are renewed by themselves. Replacing the handler would leave those of long streams behind.
        return http
            .ConfigureHttpClient(client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(ModelHttp.NewHandler)
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);
    }

    private sealed class Added;
}
