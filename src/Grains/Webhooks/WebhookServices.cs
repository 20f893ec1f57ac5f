using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Webhooks;

/// <summary>Adds what tells others of the ends of runs. Without endpoints and allowed hosts nothing of it works.</summary>
internal static class WebhookServices
{
    public static void AddWebhooks(this IServiceCollection services, IConfiguration configuration)
    {
        var section = configuration.GetSection(WebhookOptions.Section);
        services.AddOptions<WebhookOptions>().Configure(options => section.WithDurations<WebhookOptions>().Bind(options)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WebhookOptions>, WebhookOptionsValidator>());
        services.TryAddSingleton<WebhookReceivers>();
        services.TryAddSingleton<RunWebhooks>();
        services.TryAddSingleton<WebhookEnds>();
        services.TryAddSingleton<WebhookPlan>();
        services.TryAddSingleton<WebhookSender>();
        services.AddHostedService<WebhooksCheck>();
        services.AddHostedService<WebhookService>();
    }
}
