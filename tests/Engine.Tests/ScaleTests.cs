using System.Globalization;
using AgentStream.Engine.Tests.Grains;
using AgentStream.Engine.Tests.Support;

namespace AgentStream.Engine.Tests;

/// <summary>Very many grains. It takes all cores for a while, so it runs alone.</summary>
[Collection(nameof(ScaleTests))]
[CollectionDefinition(nameof(ScaleTests), DisableParallelization = true)]
public sealed class ScaleTests
{
    [Fact]
    public async Task A_hundred_thousand_grains_are_active_at_once()
    {
        await using var cluster = await EngineCluster.StartAsync();
        await IncrementAsync(step: 1, expected: 1);
        await IncrementAsync(step: 100, expected: 2);

        async Task IncrementAsync(int step, int expected) => await Parallel.ForEachAsync(
            Enumerable.Range(0, 100_000 / step),
            new ParallelOptions { MaxDegreeOfParallelism = 100 },
            async (i, _) =>
            {
                var grain = cluster.Cluster.Client.GetGrain<ITurnGrain>((i * step).ToString(CultureInfo.InvariantCulture));
                Assert.Equal(expected, await grain.IncrementAsync());
            });
    }
}
