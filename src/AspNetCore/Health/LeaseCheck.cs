using AgentStream.Storage.Ownership;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Health;

/// <summary>
/// Whether this process's lease on its runs holds. It is renewed three times in its span, so this says that the stream store takes writes, and costs none. A program that owns no runs is always healthy.
/// </summary>
internal sealed class LeaseCheck(IServiceProvider services) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(services.GetService<RunRegistry>() is not { } runs || IsHeld(runs) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(HealthWords.Failed));

    private bool IsHeld(RunRegistry runs) => runs.IsLeaseHeld(services.GetRequiredService<IOptions<StorageOptions>>().Value.Lease, services.GetRequiredService<TimeProvider>());
}
