using AgentStream.EventLog.Redis;
using AgentStream.Grains.Journal;
using AgentStream.Grains.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AgentStream.Grains.Waiting;

/// <summary>Registers what lets prompts wait.</summary>
internal static class WaitingServices
{
    /// <summary>Registers <see cref="IPromptQueue"/>, unless somebody has: as lasting as the journal, where that is ours.</summary>
    public static IServiceCollection AddWaitingPrompts(this IServiceCollection services)
    {
        services.TryAddSingleton(Choose);
        services.TryAddSingleton<BusySession>();
        return services.AddHostedService<WaitingPrompts>();
    }

    private static IPromptQueue Choose(IServiceProvider services) =>
        services.GetRequiredService<ISessionJournal>() is SqliteJournal journal ? new SqlitePromptQueue(journal.Database)
            : services.GetService<RedisConnection>() is { } redis ? ActivatorUtilities.CreateInstance<RedisPromptQueue>(services, redis)
            : new InMemoryPromptQueue();
}
