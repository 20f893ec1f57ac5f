using AgentStream.TestTools;

namespace AgentStream.Grains.Tests.Sessions;

/// <summary>A call about a session that does not exist leaves nothing behind, and one that exists stays warm.</summary>
public sealed class UnknownSessionTests
{
    [Fact]
    public async Task Of_sessions_that_do_not_exist_nothing_stays_in_memory()
    {
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel([Step.Say("hello")]));
        var known = TestSilos.NewSession();
        await silos.RunAsync(known);
        await Wait.Until(async () => await CountAsync(silos) == 1, "the session to be there");

        for (var i = 0; i < 50; i++)
        {
            var key = TestSilos.NewSession();
            Assert.Null(await silos.Client.GetSessionAsync(key));
            Assert.False(await silos.Client.CancelAsync(key));
            await Assert.ThrowsAsync<UnknownRequestException>(() => silos.Client.ApproveAsync(key, "r"));
            await silos.Client.DeleteSessionAsync(key);
        }

        await Wait.Until(async () => await CountAsync(silos) == 1, "the others to leave");
        Assert.NotNull(await silos.Client.GetSessionAsync(known));
    }

    [Fact]
    public async Task A_prompt_that_comes_while_the_activation_leaves_is_not_lost()
    {
        var model = new ScriptedModel([.. Enumerable.Range(0, 30).Select(_ => new[] { Step.Say("hello") })]);
        await using var silos = await TestSilos.StartAsync(null, model);
        await Task.WhenAll(Enumerable.Range(0, 30).Select(async _ =>
        {
            var key = TestSilos.NewSession();
            var asked = Enumerable.Range(0, 5).Select(_ => silos.Client.GetSessionAsync(key)).ToList();
            var started = silos.Client.StartAsync(key, new RunRequest("go"));
            await Task.WhenAll(asked);
            await started;
            Assert.Contains("hello", await silos.TranscriptAsync(key), StringComparison.Ordinal);
        }));
    }

    private static async Task<int> CountAsync(TestSilos silos) =>
        (await silos.Cluster.Client.GetGrain<IManagementGrain>(0).GetSimpleGrainStatistics()).Where(statistic => statistic.GrainType.Contains("SessionGrain", StringComparison.Ordinal)).Sum(statistic => statistic.ActivationCount);
}
