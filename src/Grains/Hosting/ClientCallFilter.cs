using System.Collections.Concurrent;
using System.Reflection;

namespace AgentStream.Grains.Hosting;

/// <summary>
/// Refuses to clients of the cluster what only silos call. It stops mistakes and programs that do not know better, not one that lies about who it is:
/// Orleans does not check that.
/// </summary>
internal sealed class ClientCallFilter : IIncomingGrainCallFilter
{
    // Where Orleans has the parts of a silo, and the grains that keep its own state. Its streams are not among them: clients read and write those.
    private static readonly HashSet<string> OrleansOwn = ["Orleans.Runtime", "Orleans.Core", "Orleans.Core.Abstractions", "Orleans.Reminders"];

    private readonly ConcurrentDictionary<MethodInfo, bool> _mayCall = new();

    public Task Invoke(IIncomingGrainCallContext context) =>
        context.SourceId is not { } source || !IsClient(source) || _mayCall.GetOrAdd(context.InterfaceMethod, MayCall)
            ? context.Invoke()
            : throw new UnauthorizedAccessException(
                $"{context.InterfaceMethod.DeclaringType!.Name}.{context.InterfaceMethod.Name} is called by silos alone: a client of the cluster may not.");

    // Where no grain of a silo calls, the silo calls as a client, which Orleans gives a name of its own.
    private static bool IsClient(GrainId source) => source.IsClient() && !source.Key.AsSpan().StartsWith("hosted-"u8);

    private static bool MayCall(MethodInfo method) => method.DeclaringType! switch
    {
        // With the one a client asks for the cluster's types, before anything else. The other is there in Orleans' test clusters alone.
        { Name: "IClusterManifestSystemTarget" or "ITestHooks" } => true,
        var grain when grain.IsAssignableTo(typeof(ISystemTarget)) => false,

        // Operators look, as `agentstream top` does.
        var grain when grain == typeof(IManagementGrain) => method.Name.StartsWith("Get", StringComparison.Ordinal),

        // Parts of a call to any grain: its cancellation, and the items of its answer.
        var grain when grain.IsAssignableTo(typeof(IGrainExtension)) => true,
        var grain => grain.Assembly != typeof(ClientCallFilter).Assembly && !OrleansOwn.Contains(grain.Assembly.GetName().Name!),
    };
}
