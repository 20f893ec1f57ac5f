using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Worker;

/// <summary>With the cluster's Redis (<c>ConnectionStrings__redis</c>) a client of the cluster, through a silo's gateway (<c>AgentStream:Cluster:GatewayPort</c>); else over HTTP.</summary>
internal sealed partial class Connection
{
    public static async Task<Connection> OpenAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        if (builder.Configuration.GetConnectionString(AgentStreamOptions.RedisConnectionName) is null)
        {
            return OverHttp();
        }

        builder.AddAgentStreamClient();
        var host = builder.Build();
        await host.StartAsync();
        return new Connection(host.Services.GetRequiredService<IAgentStreamClient>(), async () =>
        {
            await host.StopAsync();
            host.Dispose();
        });
    }
}
