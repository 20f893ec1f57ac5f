using System.Globalization;
using System.Runtime.CompilerServices;
using AgentStream.Background;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>
/// This process's connection to Redis (one connection for commands, one for notices, and one for large values when there are some), which comes back by itself when it breaks.
/// Every command is bounded by <see cref="StorageOptions.RedisTimeout"/>.
/// </summary>
public sealed partial class RedisConnection : IAsyncDisposable, IDisposable
{
    // A silent connection is asked for a sign of life this often, so that one that died without a word is found out.
    private const int KeepAliveSeconds = 10;
    private const int ReconnectMilliseconds = 500;

    private readonly ConfigurationOptions _configured;
    private readonly StorageOptions _options;
    private readonly PrimarySearch _primary;
    private readonly RedisBulkConnection _bulk;
    private ConnectionMultiplexer? _multiplexer;

    /// <summary>Prepares a connection; <see cref="OpenAsync"/> makes it.</summary>
    /// <param name="configuration">The Redis: a connection string, as <see cref="RedisConnectionString"/> reads it.</param>
    /// <param name="options">The settings: the timeout.</param>
    /// <param name="time">The clock of the timeout.</param>
    /// <exception cref="OptionsValidationException">It is no connection string of a Redis.</exception>
    public RedisConnection(string configuration, IOptions<StorageOptions> options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _options = options.Value;
        Time = time;
        _configured = RedisConnectionString.Parse(configuration);
        _configured.AbortOnConnectFail = true;
        _configured.KeepAlive = KeepAliveSeconds;
        _configured.ConnectTimeout = _configured.AsyncTimeout = (int)_options.RedisTimeout.TotalMilliseconds;
        _configured.ReconnectRetryPolicy = new LinearRetry(ReconnectMilliseconds);

        // Otherwise the client keeps commands for when the connection is back, also those that their caller has given up on. What failed must not take place then.
        _configured.BacklogPolicy = BacklogPolicy.FailFast;
        Where = RedisConnectionString.Where(_configured);
        _primary = new(time);
        _bulk = new(_configured, time);
    }

    /// <summary>Raised when the connection for notices came back: some may have been lost meanwhile.</summary>
    internal event Action? Restored;

    /// <summary>The oldest Redis that will do: the first with GETDEL.</summary>
    public static Version OldestServer { get; } = new(6, 2);

    /// <summary>The clock of all that waits for Redis.</summary>
    internal TimeProvider Time { get; }

    /// <summary>Where the Redis is, for messages: hosts and ports alone.</summary>
    internal string Where { get; }

    /// <summary>Whether the server is one of a Redis Cluster.</summary>
    internal bool IsCluster => _multiplexer?.GetServers().Any(server => server.ServerType == ServerType.Cluster) == true;

    /// <summary>Whether the client takes the server for a replica.</summary>
    internal bool IsReplica => _multiplexer?.GetServers().All(server => server.IsReplica) == true;

    /// <summary>Whether there is a connection now.</summary>
    internal bool IsConnected => _multiplexer is { IsConnected: true };

    /// <summary>Makes a connection.</summary>
    /// <param name="configuration">The Redis: a connection string, as <see cref="RedisConnectionString"/> reads it.</param>
    /// <param name="options">The settings: the timeout.</param>
    /// <param name="time">The clock of the timeout.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="OptionsValidationException">It is no connection string of a Redis.</exception>
    /// <exception cref="StorageUnavailableException">As <see cref="OpenAsync"/>.</exception>
    public static async Task<RedisConnection> ConnectAsync(
        string configuration, IOptions<StorageOptions> options, TimeProvider time, CancellationToken cancellationToken = default)
    {
        var connection = new RedisConnection(configuration, options, time);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connects, if that has not been done yet: before a process serves, so that a wrong address is found at the start and not by its users.</summary>
    /// <param name="cancellationToken">Gives up between the steps; each of the few attempts to connect has its own bound, <see cref="StorageOptions.RedisTimeout"/>.</param>
    /// <returns>A task that completes when the connection stands.</returns>
    /// <exception cref="StorageUnavailableException">Redis cannot be reached; the message says so in one sentence.</exception>
    /// <exception cref="OptionsValidationException">The user may not subscribe to channels; the message says so in one sentence.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken = default)
    {
        if (_multiplexer is not null)
        {
            return;
        }

        try
        {
            _multiplexer = await RedisHandshake.ConnectAsync(_configured, Time, cancellationToken);
        }
        catch (Exception exception) when (exception is RedisConnectionException or TimeoutException)
        {
            throw new StorageUnavailableException($"Redis at {Where} cannot be reached: {RedisFaults.WhyNoConnection(exception)}", RedisFaults.Portable(exception));
        }

        _multiplexer.ConnectionRestored += (_, restored) =>
        {
            // Notices share the connection for commands where the server speaks RESP3, and have one of their own where it does not.
            if (restored.ConnectionType == ConnectionType.Subscription || _multiplexer.GetSubscriber().IsConnected())
            {
                Restored?.Invoke();
            }
        };
        try
        {
            await RedisHandshake.AwaitSubscriberAsync(this, _options, cancellationToken);
        }
        catch (StorageRefusedException exception)
        {
            throw RedisHandshake.WillNotDo(Where, _options.RedisPrefix, "SUBSCRIBE", exception.InnerException!.Message);
        }
    }

    /// <summary>Runs a command.</summary>
    /// <typeparam name="T">What it answers.</typeparam>
    /// <param name="what">What is tried, for the error: "read stream ...".</param>
    /// <param name="command">Sends the command.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer; the command may be done nevertheless.</param>
    /// <param name="keys">The command's keys, for an error that says which of them has something else in it than it should.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="StorageUnavailableException">Redis is away, did not answer in time, or cannot do its work at the moment.</exception>
    /// <exception cref="StorageRefusedException">Redis refuses the command for another reason.</exception>
    public Task<T> RunAsync<T>(string what, Func<IDatabase, Task<T>> command, CancellationToken cancellationToken = default, params RedisKey[] keys)
    {
        ArgumentNullException.ThrowIfNull(command);
        return RunAsync(what, command, static (multiplexer, command) => command(multiplexer.GetDatabase()), cancellationToken, keys);
    }

    /// <summary>Runs a script.</summary>
    /// <param name="what">What is tried, for the error: "append to stream ...".</param>
    /// <param name="script">The script.</param>
    /// <param name="keys">Its keys.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer; the script may run nevertheless.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="StorageUnavailableException">Redis is away, did not answer in time, or cannot do its work at the moment.</exception>
    /// <exception cref="StorageRefusedException">The script fails for another reason. Where a key has something else in it than it should, the message names it.</exception>
    internal Task<RedisResult> ScriptAsync(
        string what, RedisScript script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken = default) =>
        ScriptAsync(isLarge: false, what, script, keys, arguments, cancellationToken);

    /// <summary>As above, for one that may take or answer so much that others should not wait for it: then it has a connection of its own.</summary>
    internal async Task<RedisResult> ScriptAsync(
        bool isLarge, string what, RedisScript script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(script);
        using var turn = isLarge ? await _bulk.WaitAsync(cancellationToken) : null;

        // The client asks for the script by its hash, and sends it whole where Redis does not know it.
        return await RunAsync(
            what,
            (script.Text, keys, arguments, Bulk: isLarge ? _bulk : null),
            static async (multiplexer, call) =>
                await (call.Bulk is null ? multiplexer : await call.Bulk.OpenAsync()).GetDatabase().ScriptEvaluateAsync(call.Text, call.keys, call.arguments),
            cancellationToken,
            keys);
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose()
    {
        _multiplexer?.Dispose();
        _bulk.Dispose();
    }

    /// <summary>Closes the connection.</summary>
    /// <returns>A task that completes when it is closed.</returns>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Does something with the client, within the timeout, and says what was tried when Redis is away.</summary>
    internal async Task<T> RunAsync<TState, T>(
        string what,
        TState state,
        Func<ConnectionMultiplexer, TState, Task<T>> command,
        CancellationToken cancellationToken,
        IReadOnlyList<RedisKey>? keys = null,
        TimeSpan? limit = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var multiplexer = Opened(what);
        Task<T>? pending = null;
        try
        {
            pending = command(multiplexer, state);
            return await pending.WaitAsync(limit ?? _options.RedisTimeout, Time, cancellationToken);
        }
        catch (TimeoutException exception) when (pending is { IsCompleted: false })
        {
            pending.Forget();
            var waiting = multiplexer.GetCounters().TotalOutstanding;
            throw new StorageUnavailableException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Redis at {Where} could not {what}: no answer within {_options.RedisTimeout.TotalSeconds:0.###} s; the connection is {(multiplexer.IsConnected ? "up" : "down")}, {waiting} commands wait."),
                exception);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            pending.Forget();
            throw;
        }
        catch (Exception exception) when (RedisFaults.IsAway(exception))
        {
            _primary.Heard(multiplexer, exception);
            throw new StorageUnavailableException($"Redis at {Where} could not {what}: {RedisFaults.Short(exception.Message)}", RedisFaults.Portable(exception));
        }
        catch (Exception exception) when (exception is RedisServerException or RedisCommandException)
        {
            var foreign = keys is null ? null : await RedisForeignKeys.FindAsync(multiplexer.GetDatabase(), _options, Time, exception, keys);
            throw new StorageRefusedException($"Redis at {Where} could not {what}: {foreign ?? RedisFaults.Short(exception.Message)}", RedisFaults.Portable(exception));
        }
    }

    /// <summary>Walks through all keys that fit a pattern. Each step of it is bounded as a command is.</summary>
    internal async IAsyncEnumerable<RedisKey> ScanAsync(
        string what, string pattern, int stepLength, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var multiplexer = Opened(what);
        var server = multiplexer.GetServers().Where(server => server.IsConnected).MinBy(server => server.IsReplica)
            ?? throw new StorageUnavailableException($"Redis at {Where} could not {what}: there is no connection.");
        await using var keys = server.KeysAsync(multiplexer.GetDatabase().Database, pattern, stepLength).GetAsyncEnumerator(cancellationToken);

        // From one key to the next may be any number of steps. The client bounds each of them.
        while (await RunAsync(what, keys, static (_, keys) => keys.MoveNextAsync().AsTask(), cancellationToken, limit: Timeout.InfiniteTimeSpan))
        {
            yield return keys.Current;
        }
    }

    private ConnectionMultiplexer Opened(string what) =>
        _multiplexer ?? throw new StorageUnavailableException($"Redis at {Where} could not {what}: the connection has not been opened yet.");
}
