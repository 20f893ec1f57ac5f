using Microsoft.Extensions.Hosting;

namespace AgentStream.EventLog.Redis;

/// <summary>Opens the connection before any hosted service starts: what serves finds it open, and a wrong address fails the start.</summary>
internal sealed class RedisOpening(RedisConnection redis) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => redis.OpenAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
