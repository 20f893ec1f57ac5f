using Microsoft.Extensions.Hosting;

namespace AgentStream.Storage.Redis;

/// <summary>Opens the connection before any hosted service starts: what serves finds it open, and a Redis that is not there or will not do fails the start.</summary>
/// <param name="redis">The connection.</param>
/// <param name="check">What a process that has runs needs to know besides; null for one that has none.</param>
internal sealed class RedisOpening(RedisConnection redis, RedisCheck? check = null) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await redis.OpenAsync(cancellationToken);
        await (check?.RunAsync(cancellationToken) ?? Task.CompletedTask);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
