using AgentStream.Grains.Output;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.GrainTesting;

/// <summary>A clock for runs that a test moves.</summary>
public static class RunClock
{
    /// <summary>Gives runs a clock of their own, and nothing else: Orleans and the stores keep the system's.</summary>
    public static IServiceCollection AddRunClock(this IServiceCollection services, TimeProvider time) =>
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<RunEnvironment>(provider, time));
}
