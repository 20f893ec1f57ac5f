using AgentStream.Storage.Background;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace AgentStream.AspNetCore.Health;

/// <summary>Whether no service that the process needs has ended. Such a process stops by itself; should that hang, somebody has to end it.</summary>
internal sealed class ServicesCheck(IServiceProvider services) : IHealthCheck
{
    // When it is needed: the services are not made yet when this is.
    private readonly Lazy<IEssentialService[]> _essential = new(() => [.. services.GetServices<IHostedService>().OfType<IEssentialService>()]);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_essential.Value.Any(service => service.HasFailed) ? HealthCheckResult.Unhealthy(HealthWords.Failed) : HealthCheckResult.Healthy());
}
