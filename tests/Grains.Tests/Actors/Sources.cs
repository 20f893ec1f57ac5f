using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Actors;

/// <summary>Tells who called a grain of the tests, as a silo gets to know it.</summary>
internal sealed class Sources : IIncomingGrainCallFilter
{
    public TaskCompletionSource<string?> First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.Grain is IHoldGrain)
        {
            First.TrySetResult(context.SourceId?.ToString());
        }

        return context.Invoke();
    }

    /// <summary>Gives a client another name, as a program that means harm can: Orleans keeps it in a field.</summary>
    public static void Forge(IServiceCollection services, string name)
    {
        var details = services.Single(service => service.ServiceType.Name == "LocalClientDetails").ServiceType;
        var id = details.GetProperty("ClientId")!.PropertyType.GetMethod("Create", [typeof(string)])!.Invoke(null, [name]);
        services.AddSingleton(details, provider =>
        {
            var forged = ActivatorUtilities.CreateInstance(provider, details);
            details.GetField("<ClientId>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic)!.SetValue(forged, id);
            return forged;
        });
    }
}
