using AgentStream.Storage.Journal;
using AgentStream.TestTools;

namespace AgentStream.Grains.Tests;

/// <summary>A cancel answers true only when its run ends as canceled.</summary>
public sealed class CancelTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    [Fact]
    public async Task A_cancel_that_comes_while_a_complete_run_is_kept_answers_false()
    {
        var gate = new Gate();
        var journal = new GatedJournal(gate, record => record is RunEndedRecord);
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel([Step.Say("all of it")]), _ => { }, _ => { }, journal.AddTo);
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await gate.ReachedAsync();

        Assert.False(await silos.Client.CancelAsync(key));

        gate.Open();
        Assert.DoesNotContain("canceled", await silos.TranscriptAsync(key), StringComparison.Ordinal);
        Assert.Null((await silos.Client.GetSessionAsync(key))?.Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whenever_a_cancel_comes_its_answer_is_how_the_run_ends(bool isRedis)
    {
        const int Rounds = 60;
        await using var silos = await TestSilos.StartAsync(
            isRedis ? redis.Server.Configuration : null, new ScriptedModel([.. Enumerable.Range(0, Rounds).Select(_ => new Step[] { Step.Say("a "), Step.Say("b "), Step.Say("last") })]));
        for (var round = 0; round < Rounds; round++)
        {
            var key = TestSilos.NewSession();
            var run = await silos.Client.StartAsync(key, new RunRequest("go"));
            var (isCanceled, types) = (false, new List<string>());
            await foreach (var entry in silos.Client.FollowAsync(key, run))
            {
                types.Add(global::System.Text.Encoding.UTF8.GetString(entry.Body.Span));
                if (types[^1].Contains("last", StringComparison.Ordinal))
                {
                    isCanceled = await silos.Client.CancelAsync(key);
                }
            }

            Assert.Equal(isCanceled, types[^1] == """{"msg":"canceled"}""");
            Assert.Equal(isCanceled ? "canceled" : null, (await silos.Client.GetSessionAsync(key))?.Error);
        }

    }
}
