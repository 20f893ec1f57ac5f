using AgentStream.Storage.Redis;
using AgentStream.TestTools;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>A log in Redis under a prefix of its own, and a raw client beside it.</summary>
internal sealed class RedisStage : IAsyncDisposable
{
    private RedisStage(StorageOptions options, RedisConnection connection, RawRedis raw)
    {
        Options = options;
        Connection = connection;
        Raw = raw;
        Log = new(connection, Microsoft.Extensions.Options.Options.Create(options));
    }

    public StorageOptions Options { get; }

    public RedisConnection Connection { get; }

    public RedisStreamStore Log { get; }

    public RawRedis Raw { get; }

    /// <summary>Settings under which nothing fails or ends because something was slow.</summary>
    public static StorageOptions NewOptions(string? prefix = null) => new()
    {
        RedisPrefix = prefix ?? RedisServer.NewPrefix(),
        RedisTimeout = TimeSpan.FromMinutes(1),
        Lease = TimeSpan.FromMinutes(5),
    };

    public static async Task<RedisStage> OpenAsync(RedisServer server, StorageOptions? options = null, TimeProvider? time = null)
    {
        options ??= NewOptions();
        var connection = await RedisConnection.ConnectAsync(
            server.Configuration, Microsoft.Extensions.Options.Options.Create(options), time ?? TimeProvider.System);
        return new(options, connection, await server.ConnectAsync());
    }

    /// <summary>The name of a key of the session.</summary>
    public string Name(SessionKey key, string rest = "") => $"{Options.RedisPrefix}:{key}{rest}";

    public async ValueTask DisposeAsync()
    {
        Log.Dispose();
        await Connection.DisposeAsync();
        Raw.Dispose();
    }
}
