using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.Placement;
using Orleans.TestingHost;

namespace AgentStream.Grains.Tests.Sessions;

/// <summary>A silo tells of itself, and nothing of another.</summary>
public sealed class SiloFiguresTests
{
    [Fact]
    public async Task It_has_the_silos_live_runs_the_oldest_first()
    {
        var (first, second) = (new Gate(), new Gate());
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel([Step.Say("one"), new Step.Pause(first)], [new Step.Pause(second)]));
        var before = DateTimeOffset.UtcNow;
        SessionKey[] keys = [TestSilos.NewSession(), new(7, 8, SessionKey.NewSessionId())];
        foreach (var (key, gate) in keys.Zip([first, second]))
        {
            await silos.Client.StartAsync(key, new RunRequest("go"));
            await gate.ReachedAsync();

            // The order is that of the clock, which may stand still or step back.
            var begin = (await AskAsync(silos, 10)).Runs.Single(run => run.Key == key).Since;
            await Wait.Until(() => DateTimeOffset.UtcNow > begin.AddMilliseconds(1), "the next run begins later");
        }

        var address = silos.Cluster.Silos[0].SiloAddress.ToParsableString();
        await Wait.Until(async () => (await AskAsync(silos, 10)).Runs.Single(run => run.Key == keys[0]).Entries >= 2, "begin's follower and the word are appended");
        var figures = await AskAsync(silos, 10);
        Assert.Equal((address, 2, 0), (figures.Address, figures.RunCount, figures.Listeners));
        Assert.Equal(keys, figures.Runs.Select(run => run.Key));
        Assert.All(figures.Runs, run => Assert.Equal("scripted", run.Agent));
        Assert.All(figures.Runs, run => Assert.InRange(run.Since, before.AddSeconds(-1), DateTimeOffset.UtcNow.AddSeconds(1)));
        Assert.InRange(figures.Memory, 1 << 20, long.MaxValue);

        Assert.Equal((2, 1), ((await AskAsync(silos, 1)).RunCount, (await AskAsync(silos, 1)).Runs.Length));
        Assert.Empty((await AskAsync(silos, -1)).Runs);
        first.Open();
        second.Open();
        await Wait.Until(async () => (await AskAsync(silos, 10)).RunCount == 0, "both runs have ended");
    }

    [Fact]
    public async Task Who_asks_for_another_silo_sees_who_answers()
    {
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel());
        var figures = await silos.Cluster.Client.GetGrain<ISiloGrain>(SiloAddress.New(System.Net.IPAddress.Loopback, 1, 1).ToParsableString()).GetAsync(1);
        Assert.Equal(silos.Cluster.Silos[0].SiloAddress.ToParsableString(), figures.Address);
    }

    [Fact]
    public async Task Each_silo_of_a_cluster_answers_for_itself()
    {
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel());
        await silos.Cluster.StartAdditionalSiloAsync();

        // A silo places nothing on one that it does not know yet.
        await Wait.Until(() => silos.Cluster.Silos.All(KnowsBoth), "each silo knows the other");
        foreach (var silo in silos.Cluster.Silos)
        {
            var key = silo.SiloAddress.ToParsableString();
            RequestContext.Set(IPlacementDirector.PlacementHintKey, silo.SiloAddress);
            Assert.Equal(key, (await silos.Cluster.Client.GetGrain<ISiloGrain>(key).GetAsync(1)).Address);
        }
    }

    private static bool KnowsBoth(InProcessSiloHandle silo) =>
        silo.ServiceProvider.GetRequiredService<IClusterManifestProvider>().Current.Silos.Count == 2
        && silo.ServiceProvider.GetRequiredService<ISiloStatusOracle>().GetApproximateSiloStatuses(onlyActive: true).Count == 2;

    private static Task<SiloFigures> AskAsync(TestSilos silos, int count) =>
        silos.Cluster.Client.GetGrain<ISiloGrain>(silos.Cluster.Silos[0].SiloAddress.ToParsableString()).GetAsync(count);
}
