using AgentStream.Engine.Tests.Grains;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace AgentStream.Engine.Tests.Support;

/// <summary>A cluster whose unused activations go soon.</summary>
public sealed class CollectingCluster : IAsyncLifetime
{
    private EngineCluster? _cluster;

    public static TimeSpan CollectionAge { get; } = TimeSpan.FromSeconds(2);

    public EngineCluster Value => _cluster!;

    public async Task InitializeAsync() => _cluster = await EngineCluster.StartAsync(configureSilo: services =>
        services.Configure<GrainCollectionOptions>(options =>
        {
            options.CollectionQuantum = CollectionAge / 8;
            options.CollectionAge = CollectionAge;
        }));

    public async Task DisposeAsync() => await Value.DisposeAsync();

    /// <summary>Waits until an activation goes because it is not used.</summary>
    public async Task GoesAsync(Life life) =>
        Assert.Equal("ActivationIdle", await Value.Signals.WaitAsync($"{life.Activation} deactivating"));

    /// <summary>
    /// Another activation comes and goes, twice. What was used last before it came and is there when it has gone, something keeps.
    /// </summary>
    /// <param name="meanwhile">Is done again and again, about ten times in the collection age.</param>
    public async Task OthersGoAsync(Func<Task>? meanwhile = null)
    {
        for (var i = 0; i < 2; i++)
        {
            var goes = GoesAsync(await Value.NewGrain<ILifeGrain>().WhoAsync());
            while (meanwhile is not null && !goes.IsCompleted)
            {
                await meanwhile();
                await Task.WhenAny(goes, Task.Delay(CollectionAge / 10));
            }

            await goes;
        }
    }
}
