using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AgentStream.AspNetCore.Health;

/// <summary>Whether the silo of this process has joined the cluster, as the others see it. A program that is no silo is always healthy.</summary>
internal sealed class ClusterCheck(IServiceProvider services) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(services.GetService<ISiloStatusOracle>() is not { } silo || silo.CurrentStatus == SiloStatus.Active
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy(HealthWords.Failed));
}
