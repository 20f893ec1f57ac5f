using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Cli.Target;

/// <summary>A target for which this process is a host: a client of a cluster, or a silo of its own.</summary>
internal sealed class HostedTarget : ITarget
{
    private readonly IHost _host;

    private HostedTarget(IHost host, UserKey user) => (_host, User) = (host, user);

    public IAgentStreamClient Client => _host.Services.GetRequiredService<IAgentStreamClient>();

    public IClusterClient? Cluster => _host.Services.GetRequiredService<IClusterClient>();

    public UserKey User { get; }

    /// <summary>Builds and starts the host.</summary>
    /// <param name="redis">The Redis.</param>
    /// <param name="user">Whose sessions.</param>
    /// <param name="configure">Says what the host is. Its settings are those of a silo, from the environment.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ITarget> StartAsync(string redis, UserKey user, Action<IHostApplicationBuilder> configure, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddEnvironmentVariables();
        builder.Configuration[$"ConnectionStrings:{AgentStreamOptions.RedisConnectionName}"] = redis;

        // Ctrl-C is the command's, not the host's.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        configure(builder);
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken);
            return new HostedTarget(host, user);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
