using AgentStream.Background;
using AgentStream.Storage.Background;
using StackExchange.Redis;

namespace AgentStream.Grains.Hosting;

/// <summary>
/// The connection to the list of silos. It is opened at the same time as the stream store's: one after the other they would take half a second longer. The list is read before the silo joins, and by
/// Orleans, with this one connection.
/// </summary>
/// <param name="configured">The Redis.</param>
internal sealed class MembershipConnection(ConfigurationOptions configured) : LifecycleService
{
    private readonly Lazy<Task<ConnectionMultiplexer>> _connecting = new(() => Task.Run(() => ConnectionMultiplexer.ConnectAsync(configured)));

    /// <summary>How the Redis is connected to.</summary>
    public ConfigurationOptions Options => configured;

    /// <summary>Opens the connection, once.</summary>
    /// <returns>The connection.</returns>
    public async Task<IConnectionMultiplexer> OpenAsync() => await _connecting.Value;

    /// <summary>Begins to open the connection. A Redis that cannot be reached fails the start with the stream store's words.</summary>
    public MembershipConnection Begin()
    {
        _connecting.Value.Forget();
        return this;
    }
}
