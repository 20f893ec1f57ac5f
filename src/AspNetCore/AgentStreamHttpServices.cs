using AgentStream;
using AgentStream.AspNetCore.Description;
using AgentStream.AspNetCore.Requests;
using AgentStream.AspNetCore.Security;
using AgentStream.AspNetCore.Sse;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers what the HTTP edge needs beside the client.</summary>
public static class AgentStreamHttpServices
{
    /// <summary>Adds the edge's settings and rules. The client (<c>AddAgentStreamClient</c>) must be registered too; <c>AddAgentStream</c> does both.</summary>
    /// <param name="services">The services to add to.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddAgentStreamHttp(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(service => service.ServiceType == typeof(LoopbackRule)))
        {
            return services;
        }

        services.AddOptions<AgentStreamHttpOptions>()
            .Configure<IConfiguration>((options, configuration) => configuration.GetSection(AgentStreamHttpOptions.Section).WithDurations<AgentStreamHttpOptions>().Bind(options))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<AgentStreamHttpOptions>, AgentStreamHttpOptionsValidator>();

        // Where the silos are other programs, nothing else binds it.
        services.AddOptions<AgentStreamOptions>().Configure<IConfiguration>((options, configuration) =>
        {
            var section = configuration.GetSection(AgentStreamOptions.Section);
            options.IncludeDetailedErrors ??= section.GetValue<bool?>(nameof(AgentStreamOptions.IncludeDetailedErrors));
            section.GetSection(nameof(AgentStreamOptions.Limits)).Bind(options.Limits);
        });
        services.AddMetrics();
        services.AddSingleton<HttpMetrics>();
        services.AddSingleton<SseMetrics>();
        services.AddSingleton<Listeners>();
        services.AddCors();
        services.AddSingleton<AllowedOrigins>();
        services.AddAuthorization();
        services.TryAddSingleton<IPolicyEvaluator, AuthorizationPolicies>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddDataProtection();
        services.AddSingleton<SessionTokens>();
        services.AddSingleton<Callers>();
        services.AddSingleton<LoopbackRule>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<LoopbackRule>());
        HideTokens(services);

        // Of a program that describes its routes with AddOpenApi().
        services.ConfigureAll<OpenApiOptions>(options => options.AddOperationTransformer(RouteTransformer.Instance));
        return services;
    }

    // A factory of the program's own stays; then the program sees to its logs.
    private static void HideTokens(IServiceCollection services)
    {
        if (services.LastOrDefault(service => service.ServiceType == typeof(IHttpContextFactory)) is not { } known || known.ImplementationType == typeof(DefaultHttpContextFactory))
        {
            services.AddSingleton<IHttpContextFactory, HiddenTokens>();
        }
    }
}
