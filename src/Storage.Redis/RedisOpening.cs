using AgentStream.Storage.Background;

namespace AgentStream.Storage.Redis;

/// <summary>Opens the connection before any hosted service starts: what serves finds it open, and a Redis that is not there or will not do fails the start.</summary>
/// <param name="redis">The connection.</param>
/// <param name="check">What a process that has runs needs to know besides; null for one that has none.</param>
internal sealed class RedisOpening(RedisConnection redis, RedisCheck? check = null) : LifecycleService
{
    public override async Task StartingAsync(CancellationToken cancellationToken)
    {
        await redis.OpenAsync(cancellationToken);
        await (check?.RunAsync(cancellationToken) ?? Task.CompletedTask);
    }
}
