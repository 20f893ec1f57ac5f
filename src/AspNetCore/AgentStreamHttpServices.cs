using AgentStream;
using AgentStream.AspNetCore.Security;
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
            .BindConfiguration(AgentStreamHttpOptions.Section)
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<AgentStreamHttpOptions>, AgentStreamHttpOptionsValidator>();

        // Where the silos are other programs, nothing else binds it.
        services.AddOptions<AgentStreamOptions>().Configure<IConfiguration>((options, configuration) =>
        {
            var section = configuration.GetSection(AgentStreamOptions.Section);
            options.IncludeDetailedErrors ??= section.GetValue<bool?>(nameof(AgentStreamOptions.IncludeDetailedErrors));
            section.GetSection(nameof(AgentStreamOptions.Limits)).Bind(options.Limits);
        });
        services.AddSingleton<Listeners>();
        services.AddCors();
        services.AddSingleton<AllowedOrigins>();
        services.AddAuthorization();
        services.TryAddSingleton<IPolicyEvaluator, AuthorizationPolicies>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Callers>();
        services.AddSingleton<LoopbackRule>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<LoopbackRule>());
        return services;
    }
}
