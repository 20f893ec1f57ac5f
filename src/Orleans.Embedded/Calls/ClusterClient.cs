using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Embedded.Activations;

namespace Orleans.Embedded.Calls;

/// <summary>What a host's own code calls grains with. A silo's is part of it; a client's is a service of its host itself.</summary>
internal sealed class ClusterClient(IServiceProvider services, Caller caller) : IClusterClient, IHostedService
{
    public IServiceProvider ServiceProvider { get; } = services;

    public Caller Caller { get; } = caller;

    public static ClusterClient Make<TOptions>(IServiceProvider services)
        where TOptions : MessagingOptions =>
        new(services, new Caller(
            services.GetRequiredService<LocalCluster>(),
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetRequiredService<IOptions<TOptions>>().Value.ResponseTimeout));

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey =>
        (TGrainInterface)Make(typeof(TGrainInterface), primaryKey, grainClassNamePrefix);

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey)
    {
        ArgumentNullException.ThrowIfNull(grainInterfaceType);
        return (IGrain)Make(grainInterfaceType, grainPrimaryKey, null);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Caller.Open();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Caller.Close();
        return Task.CompletedTask;
    }

    private object Make(Type grainInterface, string key, string? classNamePrefix)
    {
        ArgumentNullException.ThrowIfNull(key);
        return GrainReference.Create(grainInterface, new GrainId(GrainClasses.For(grainInterface, classNamePrefix), key), Caller);
    }
}
