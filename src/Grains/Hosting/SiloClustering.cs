using System.Net;
using AgentStream.Storage.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Clustering.Redis;
using Orleans.Configuration;

namespace AgentStream.Grains.Hosting;

/// <summary>
/// How a silo finds others: through the Redis of the stream store, or, without one, not at all. And whom it lets in.
/// </summary>
internal static class SiloClustering
{
    /// <summary>Sets the silo up.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="settings">Its cluster, and where others reach it.</param>
    /// <param name="redis">The Redis that the cluster's silos share; null or empty for a silo that is its own cluster.</param>
    public static void Use(ISiloBuilder silo, ClusterSettings settings, string? redis)
    {
        var isAlone = string.IsNullOrEmpty(redis);
        silo.Services.AddSingleton(_ => new SiloPorts(settings, hasGateway: !isAlone));
        silo.Services.AddOptions<EndpointOptions>().Configure<SiloPorts>((endpoints, ports) =>
            (endpoints.AdvertisedIPAddress, endpoints.SiloPort, endpoints.GatewayPort) = (ports.Address, ports.Silo, ports.Gateway));

        // Orleans' million takes 18 MB before the first call, and remembers who was asked for once, known or not.
        silo.Services.Configure<GrainDirectoryOptions>(directory => directory.CacheSize = 100_000);
        silo.Services.Configure<SiloOptions>(options => options.SiloName ??= SiloNames.Own);
        if (isAlone)
        {
            silo.UseDevelopmentClustering(primarySiloEndpoint: null);
        }
        else
        {
            UseRedis(silo, settings, redis!);
            SetMembership(silo.Services);
            silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, DeadNeighbors>();
        }

        silo.Services.AddOptions<ClusterOptions>().Configure<IOptions<StorageOptions>>((cluster, options) =>
        {
            cluster.ServiceId = settings.ServiceIdOf(options.Value.RedisPrefix);
            cluster.ClusterId = settings.ClusterIdOf(options.Value.RedisPrefix);
        });
        if (settings.Certificates is { } certificates)
        {
            silo.UseTls(certificates.Configure);
        }
        else if (!IPAddress.IsLoopback(settings.AdvertisedAddress))
        {
            silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, OpenPorts>();
        }
    }

    private static void UseRedis(ISiloBuilder silo, ClusterSettings settings, string redis)
    {
        var connection = new MembershipConnection(RedisConnectionString.Parse(redis));
        silo.UseRedisClustering(clustering =>
        {
            clustering.ConfigurationOptions = connection.Options;
            clustering.CreateMultiplexer = async _ => (await connection.OpenAsync(), IsShared: false);
        });

        // Begun when the services are made, before Orleans' own.
        silo.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(_ => connection.Begin()));
        silo.Services.AddOptions<RedisClusteringOptions>().Configure<IOptions<StorageOptions>>((clustering, options) =>
            clustering.CreateRedisKey = _ => settings.MembershipKey(options.Value.RedisPrefix));
    }

    /// <summary>
    /// A dead silo is to be out of the cluster before the lease of its runs (10 s) is over: then a call to one of its sessions finds another silo, and the log lets
    /// that one begin. Orleans' defaults take 15 s and more, and minutes when all silos died.
    /// </summary>
    private static void SetMembership(IServiceCollection services)
    {
        services.Configure<ClusterMembershipOptions>(membership =>
        {
            // Three missed probes, the last one by way of another silo: about 6 s. Shorter probes would take a silo on a busy machine for a dead one (seen with 1 s at a load of 13 for each core),
            // and a silo that is declared dead ends its process. Two votes (the default; one of two silos is enough) keep one silo with a broken network from
            // evicting all others.
            membership.ProbeTimeout = TimeSpan.FromSeconds(2);

            // A silo that has not said for 3 x 3 s that it lives does not count when votes are counted. Where all silos, or most, died at once, nobody else is there
            // to vote: with the default of 3 x 30 s the next start would wait for that long.
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(3);

            // Changes are told from silo to silo at once; who did not hear finds them here.
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(2);

            // A silo joins when all that count as alive have answered it. It looks for those that fell silent when it starts and when
            // somebody joins or leaves, and may miss one in between; trying for the default of 5 min would not help. It gives up, and its next start finds the silence at once.
            membership.MaxJoinAttemptTime = TimeSpan.FromSeconds(20);

            // Each start is an entry. A day is enough to see what died in the night.
            membership.DefunctSiloExpiration = TimeSpan.FromDays(1);

            // A probe's timeout grows with the peer's answers, and Orleans believes for three such times in a silo whose connection stands: by default, 12 s for a machine
            // that lost its power.
            membership.MaxProbeTimeout = TimeSpan.FromSeconds(3);
        });
    }
}
