using AgentStream.EventLog.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Journal;

/// <summary>Registers the journal that the settings ask for.</summary>
internal static class JournalServices
{
    /// <summary>Registers <see cref="ISessionJournal"/>, unless somebody has, and opens it at the start.</summary>
    public static IServiceCollection AddJournal(this IServiceCollection services)
    {
        services.TryAddSingleton(Choose);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AgentStreamOptions>, RedisIsThere>());
        return services.AddHostedService<Opening>();
    }

    private static ISessionJournal Choose(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<AgentStreamOptions>>();
        var redis = services.GetService<RedisConnection>();
        var (kind, directory) = (options.Value.Journal, options.Value.JournalDirectory);
        if (string.IsNullOrEmpty(kind))
        {
            kind = redis is not null ? "redis" : string.IsNullOrEmpty(directory) ? "memory" : "file";
        }

        return kind switch
        {
            "redis" => new RedisJournal(redis!, options),
            "file" => new FileJournal(directory!),
            _ => new InMemoryJournal(),
        };
    }

    /// <summary>A journal in Redis needs one.</summary>
    private sealed class RedisIsThere(IServiceProviderIsService services) : IValidateOptions<AgentStreamOptions>
    {
        public ValidateOptionsResult Validate(string? name, AgentStreamOptions options) =>
            options.Journal != "redis" || services.IsService(typeof(RedisConnection))
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(
                    $"{AgentStreamOptions.Section}:{nameof(options.Journal)} is 'redis', but ConnectionStrings:{AgentStreamOptions.RedisConnectionName} is not set.");
    }

    /// <summary>Opens the journal when the program starts, so that a directory that is in use is found at the start and not by its users.</summary>
    private sealed class Opening(ISessionJournal journal) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            _ = journal;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
