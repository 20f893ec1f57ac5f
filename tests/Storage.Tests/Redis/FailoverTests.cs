using System.Globalization;
using AgentStream.Storage.Redis;
using AgentStream.TestTools;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>Primary and replica change places. A lease must be renewed before it is over.</summary>
public sealed class FailoverTests
{
    /// <summary>By itself the client looks for a new primary once a minute.</summary>
    private const string ByItselfNever = "configCheckSeconds=86400";

    private static readonly StorageOptions Settings = RedisStage.NewOptions("p");

    [Fact]
    public async Task A_server_that_was_a_replica_for_a_while_takes_renewals_as_soon_as_it_is_the_primary()
    {
        await using var server = await RedisServer.StartAsync();
        using var raw = await server.ConnectAsync();
        await raw.CallAsync("ACL", "SETUSER", "silo", "on", ">p", "~*", "&*", "+@all");
        await using var connection = await OpenAsync($"{server.Configuration},user=silo,password=p,configCheckSeconds=1");
        using var log = new RedisStreamStore(connection, Options.Create(Settings));
        await raw.CallAsync("REPLICAOF", "127.0.0.1", "1");
        await Wait.Until(() => connection.IsReplica, "the client to take it for a replica");

        // Now the client has no means to learn that it is none any more.
        await raw.CallAsync("ACL", "SETUSER", "silo", "-info");
        await Assert.ThrowsAsync<StorageUnavailableException>(() => log.RenewLeaseAsync("silo", Settings.Lease));
        await raw.CallAsync("REPLICAOF", "NO", "ONE");

        await log.RenewLeaseAsync("silo", Settings.Lease);
        await log.RenewLeaseAsync("silo", TimeSpan.Zero);
        Assert.True(connection.IsReplica);
    }

    [Fact]
    public async Task With_both_addresses_a_renewal_finds_the_new_primary()
    {
        await using var pair = await Pair.StartAsync();
        await using var connection = await OpenAsync($"{pair.One.Configuration},{pair.Two.Configuration},{ByItselfNever}");
        await IsFoundAsync(connection, pair, () => { });
    }

    [Fact]
    public async Task Where_an_address_leads_to_the_new_primary_but_its_connections_are_with_the_old_one_a_renewal_finds_it()
    {
        await using var pair = await Pair.StartAsync();
        await using var proxy = new RedisProxy(pair.One.Port);
        await using var connection = await OpenAsync($"{proxy.Configuration},{ByItselfNever}");
        await IsFoundAsync(connection, pair, () => proxy.Target = pair.Two.Port);
    }

    private static Task<RedisConnection> OpenAsync(string text) => RedisConnection.ConnectAsync(text, Options.Create(Settings), TimeProvider.System);

    private static async Task IsFoundAsync(RedisConnection connection, Pair pair, Action lead)
    {
        using var log = new RedisStreamStore(connection, Options.Create(Settings));
        await log.RenewLeaseAsync("silo", Settings.Lease);

        await pair.ChangePlacesAsync();
        lead();
        await Wait.Until(
            async () =>
            {
                try
                {
                    // As the keeper of the lease does.
                    await Task.Delay(250);
                    await log.RenewLeaseAsync("silo", Settings.Lease);
                    return true;
                }
                catch (StorageUnavailableException)
                {
                    return false;
                }
            },
            "the new primary to be found");

        using var raw = await pair.Two.ConnectAsync();
        Assert.Equal(1, await raw.NumberAsync("EXISTS", "p:#silo:silo"));
    }

    /// <summary>A primary and its replica.</summary>
    private sealed class Pair(RedisServer one, RedisServer two) : IAsyncDisposable
    {
        public RedisServer One => one;

        public RedisServer Two => two;

        public static async Task<Pair> StartAsync()
        {
            var pair = new Pair(await RedisServer.StartAsync(), await RedisServer.StartAsync());
            await FollowAsync(pair.Two, pair.One);
            return pair;
        }

        public async Task ChangePlacesAsync()
        {
            using var raw = await two.ConnectAsync();
            await raw.CallAsync("REPLICAOF", "NO", "ONE");
            await FollowAsync(one, two);
        }

        public async ValueTask DisposeAsync()
        {
            await one.DisposeAsync();
            await two.DisposeAsync();
        }

        private static async Task FollowAsync(RedisServer replica, RedisServer primary)
        {
            using var raw = await replica.ConnectAsync();
            await raw.CallAsync("REPLICAOF", "127.0.0.1", primary.Port.ToString(CultureInfo.InvariantCulture));
            await Wait.Until(async () => (await raw.TextAsync("INFO", "replication"))!.Contains("master_link_status:up", StringComparison.Ordinal), "the replica to follow");
        }
    }
}
