using AgentStream.Background;
using AgentStream.Storage.Background;

namespace AgentStream.Storage.Redis;

/// <summary>
/// Opens the connection before any hosted service starts: what serves finds it open, and a Redis that is not there or will not do fails the start.
/// It begins as soon as it is made, while the rest of the program is put together: that saves a quarter of a second.
/// </summary>
internal sealed class RedisOpening : LifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _opening;

    /// <summary>Begins.</summary>
    /// <param name="redis">The connection.</param>
    /// <param name="check">What a process that has runs needs to know besides; null for one that has none.</param>
    public RedisOpening(RedisConnection redis, RedisCheck? check = null)
    {
        var stop = _stop.Token;
        _opening = Task.Run(
            async () =>
            {
                await redis.OpenAsync(stop);
                await (check?.RunAsync(stop) ?? Task.CompletedTask);
            },
            CancellationToken.None);
        _opening.Forget();
    }

    /// <inheritdoc/>
    public override async Task StartingAsync(CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.Register(_stop.Cancel);
        await _opening;
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Cancel();
}
