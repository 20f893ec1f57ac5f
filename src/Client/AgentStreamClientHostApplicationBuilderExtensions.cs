using AgentStream;
using AgentStream.Storage.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Clustering.Redis;
using Orleans.Configuration;

namespace Microsoft.Extensions.Hosting;

/// <summary>Makes a program a client of a cluster.</summary>
public static class AgentStreamClientHostApplicationBuilderExtensions
{
    /// <summary>
    /// Adds an <see cref="AgentStreamClient"/>, also as <see cref="IAgentStreamClient"/>, that calls the silos through their gateways and reads events from Redis itself. At least one silo must
    /// have a gateway: <c>AgentStream:Cluster:GatewayPort</c>. Where silos have certificates, this program needs one, too: <c>AgentStream:Cluster:Certificate</c>. The Redis is
    /// <c>ConnectionStrings:redis</c>; it tells where the silos are. The section <c>AgentStream</c> must name the same prefix and the same cluster as theirs: where silos are not on loopback,
    /// <c>AgentStream:Cluster:ClusterId</c> is that prefix, unless they were told otherwise.
    /// </summary>
    /// <param name="builder">The program.</param>
    /// <returns>The program.</returns>
    /// <exception cref="OptionsValidationException">There is no Redis, or settings break their rules; the message names each of them.</exception>
    public static IHostApplicationBuilder AddAgentStreamClient(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var settings = ClusterSettings.Read(builder.Configuration, isSilo: false);
        var redis = builder.Configuration.GetConnectionString(AgentStreamOptions.RedisConnectionName);
        if (string.IsNullOrEmpty(redis))
        {
            throw new OptionsValidationException(
                AgentStreamOptions.Section, typeof(StorageOptions), [$"{RedisConnectionString.Setting} must name the cluster's Redis."]);
        }

        var section = builder.Configuration.GetSection(AgentStreamOptions.Section);
        if (new StorageOptionsValidator().Validate(null, section.WithDurations<StorageOptions>().Get<StorageOptions>() ?? new StorageOptions()) is { Failed: true } wrong)
        {
            throw new OptionsValidationException(AgentStreamOptions.Section, typeof(StorageOptions), wrong.Failures);
        }

        builder.Services.AddOptions<RedisClusteringOptions>().Configure<IOptions<StorageOptions>>((clustering, options) =>
            clustering.CreateRedisKey = _ => settings.MembershipKey(options.Value.RedisPrefix));
        builder.Services.AddOptions<ClusterOptions>().Configure<IOptions<StorageOptions>>((cluster, options) =>
        {
            cluster.ServiceId = settings.ServiceIdOf(options.Value.RedisPrefix);
            cluster.ClusterId = settings.ClusterIdOf(options.Value.RedisPrefix);
        });
        var configured = RedisConnectionString.Parse(redis);
        builder.UseOrleansClient(client =>
        {
            client.AddActivityPropagation();
            client.UseRedisClustering(clustering => clustering.ConfigurationOptions = configured);
            if (settings.Certificates is { } certificates)
            {
                client.UseTls(certificates.Configure);
            }

            // A filter of the program's own stays.
            if (client.Services.Last(service => service.ServiceType == typeof(IClientConnectionRetryFilter)).ImplementationType?.Assembly == typeof(IClientConnectionRetryFilter).Assembly)
            {
                client.Services.AddSingleton<IClientConnectionRetryFilter>(provider => new GatewaySearch(
                    provider.GetRequiredService<IMembershipTable>(), provider.GetRequiredService<IOptions<ClusterOptions>>(), settings, provider.GetService<TimeProvider>() ?? TimeProvider.System));
            }
        });
        builder.Services.AddStreamStore(builder.Configuration);
        builder.Services.AddAgentStreamClientCore();
        return builder;
    }
}
