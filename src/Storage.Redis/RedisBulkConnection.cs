using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>The connection for large values: what is small does not wait for them. It is made when it is first needed.</summary>
/// <param name="options">How the connection for commands is made.</param>
/// <param name="time">The clock of the attempts to connect.</param>
internal sealed class RedisBulkConnection(ConfigurationOptions options, TimeProvider time) : IDisposable
{
    // A few at a time: the others wait here, and not in the connection, where their timeout would count.
    private readonly Slots _slots = new(2);
    private readonly Lock _lock = new();
    private readonly ConfigurationOptions _options = WithBuffers(options);
    private Task<ConnectionMultiplexer>? _opening;
    private bool _isDisposed;

    /// <summary>Waits for a turn.</summary>
    /// <returns>Ends the turn when it is disposed.</returns>
    public ValueTask<IDisposable> WaitAsync(CancellationToken cancellationToken) => _slots.TakeAsync(cancellationToken);

    /// <summary>The connection.</summary>
    /// <exception cref="RedisConnectionException">It cannot be made now; the next call tries again.</exception>
    public Task<ConnectionMultiplexer> OpenAsync()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _opening = _opening is null or { IsFaulted: true } ? RedisHandshake.ConnectAsync(_options, time, CancellationToken.None) : _opening;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _ = _opening?.ContinueWith(static opened => opened.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        }
    }

    private static ConfigurationOptions WithBuffers(ConfigurationOptions options)
    {
        var bulk = options.Clone();
        bulk.RequestBufferPool = bulk.ResponseBufferPool = new BulkBuffers();
        return bulk;
    }
}
