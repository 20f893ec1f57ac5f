using AgentStream.Grains.Recovery;
using AgentStream.Storage;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Queue;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Grains.Tests.Queue;

/// <summary>The end of a run starts the prompt that waits for its session, without a look: the look's clock stands still.</summary>
public sealed class NextPromptTests : IDisposable
{
    private readonly QueueStage _stage = new();
    private readonly SpyQueue _queue = new();
    private readonly ChangedJournal _journal = new();
    private readonly SessionKey _key = TestSilos.NewSession();
    private readonly Gate _gate = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-next-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("memory")]
    [InlineData("sqlite")]
    [InlineData("redis")]
    public async Task The_end_of_a_run_starts_the_next_and_its_end_the_one_after(string journal)
    {
        var model = new ScriptedModel([new Step.Pause(_gate), Step.Say("one")], [Step.Say("two")], [Step.Say("three")]);
        await using var silos = await _stage.StartAsync(
            journal == "redis" ? (await RedisServer.SharedAsync()).Configuration : null,
            model,
            storage: storage => (storage.Journal, storage.JournalPath) = (journal, journal == "sqlite" ? Path.Combine(_folder.FullName, "sessions.db") : null));
        await silos.Client.StartAsync(_key, new RunRequest("1"));
        await silos.Client.StartAsync(_key, new RunRequest("2", OnBusy: BusySessionBehavior.Queue));
        var last = await silos.Client.StartAsync(_key, new RunRequest("3", OnBusy: BusySessionBehavior.Queue));
        _gate.Open();
        await QueueStage.EndedAsync(silos, _key, last.RunId);
        Assert.Equal(["1", "2", "3"], model.Requests.Select(request => request.Messages[^1].Text));
    }

    [Theory]
    [InlineData("canceled")]
    [InlineData("crashed")]
    [InlineData("paused")]
    [InlineData("unknown agent")]
    [InlineData("taken already")]
    public async Task However_it_ends(string end)
    {
        var first = end switch
        {
            "crashed" => [new Step.Pause(_gate), new Step.Fail("no")],
            "paused" => new Step[] { new Step.Pause(_gate), Step.Call("c1", "pay", ("amount", 5)) },
            _ => [new Step.Pause(_gate), Step.Say("one")],
        };
        var model = new ScriptedModel(first, [Step.Say("two")], [Step.Say("three")]);
        await using var silos = await StartAsync(model, agent => agent.WithTool((int amount) => amount, "pay", requiresApproval: true));
        var run = await silos.Client.StartAsync(_key, new RunRequest("1"));
        await _gate.ReachedAsync();
        if (end == "unknown agent")
        {
            await _queue.AddAsync(_key, new QueuedPrompt("run", "gone", "2", DateTimeOffset.UnixEpoch));
        }
        else if (end == "taken already")
        {
            await _queue.AddAsync(_key, new QueuedPrompt(run.RunId, "scripted", "1", DateTimeOffset.UnixEpoch));
        }

        var next = await silos.Client.StartAsync(_key, new RunRequest("next", OnBusy: BusySessionBehavior.Queue));
        if (end == "canceled")
        {
            Assert.True(await silos.Client.CancelAsync(_key));
        }

        _gate.Open();
        if (end == "paused")
        {
            // The turn is over when the request is answered, and not before.
            await Wait.Until(async () => (await silos.Client.GetPendingAsync(_key)).Count == 1);
            await silos.Client.ApproveAsync(_key, Assert.Single(await silos.Client.GetPendingAsync(_key)).RequestId);
        }

        await QueueStage.EndedAsync(silos, _key, next.RunId);
        Assert.Equal(0, _queue.Lists);
        Assert.Equal(0, await _queue.CountAsync(_key));
    }

    [Theory]
    [InlineData("import")]
    [InlineData("delete")]
    [InlineData("revoke")]
    public async Task What_changes_a_session_starts_what_came_meanwhile(string change)
    {
        await using var silos = await StartAsync(new ScriptedModel([Step.Say("one")]));
        string? runId = null;
        Func<Task> queue = async () => runId ??= await QueueStage.QueueAsync(silos, _key, "waits");
        switch (change)
        {
            case "import":
                _journal.BeforeRead = queue;
                await silos.Client.ImportMessagesAsync(_key, "[]"u8.ToArray());
                break;
            case "revoke":
                _journal.BeforeRead = queue;
                await silos.Client.RevokeRuleAsync(_key, "none");
                break;
            default:
                // After those that waited were dropped.
                _journal.BeforeDelete = queue;
                await silos.Client.DeleteSessionAsync(_key);
                break;
        }

        await QueueStage.EndedAsync(silos, _key, runId!);
    }

    [Fact]
    public async Task The_end_of_a_run_that_was_recovered_starts_the_next()
    {
        await using var silos = await _stage.StartAsync((await RedisServer.SharedAsync()).Configuration, new ScriptedModel([Step.Say("two")]));
        var log = silos.Services.GetRequiredService<IStreamStore>();
        await log.StartAsync(new RunToken(_key, "dead", "run"));
        var next = await silos.Client.StartAsync(_key, new RunRequest("2", OnBusy: BusySessionBehavior.Queue));
        Assert.Equal(1, next.QueuePosition);
        await log.RenewLeaseAsync("dead", TimeSpan.Zero);
        await silos.Services.GetServices<IHostedService>().OfType<OrphanWatch>().Single().LookAsync(CancellationToken.None);
        await QueueStage.EndedAsync(silos, _key, next.RunId);
    }

    [Fact]
    public async Task A_prompt_that_comes_into_the_queue_after_the_end_of_the_run_in_its_way_starts()
    {
        _queue.BeforeAdd = new Gate();
        await using var silos = await StartAsync(new ScriptedModel([new Step.Pause(_gate), Step.Say("one")], [Step.Say("two")]));
        var run = await silos.Client.StartAsync(_key, new RunRequest("1"));
        await _gate.ReachedAsync();
        var starting = silos.Client.StartAsync(_key, new RunRequest("2", OnBusy: BusySessionBehavior.Queue));
        await _queue.BeforeAdd.ReachedAsync();
        _gate.Open();
        await QueueStage.EndedAsync(silos, _key, run.RunId);
        _queue.BeforeAdd.Open();
        await QueueStage.EndedAsync(silos, _key, (await starting).RunId);
    }

    [Fact]
    public async Task A_prompt_that_cannot_be_accepted_is_tried_again_by_a_look_and_not_at_once()
    {
        var model = new ScriptedModel([new Step.Pause(_gate), Step.Say("one")], [Step.Say("two")]);
        await using var silos = await StartAsync(model);
        await silos.Client.StartAsync(_key, new RunRequest("1"));
        await _gate.ReachedAsync();
        var next = await silos.Client.StartAsync(_key, new RunRequest("2", OnBusy: BusySessionBehavior.Queue));
        _journal.Refused = record => record is RunStartedRecord;
        _gate.Open();
        await QueueStage.EndedAsync(silos, _key, next.RunId);
        for (var tries = 1; tries <= 3; tries++)
        {
            Assert.Equal(tries, _journal.Refusals);
            await Assert.ThrowsAnyAsync<Exception>(() => silos.Cluster.Client.GetGrain<ISessionGrain>(_key.ToString()).StartWaitingAsync());
        }

        _journal.Refused = _ => false;
        await QueueStage.LookAsync(silos);
        await Wait.Until(() => model.Requests.Count == 2, "the prompt to be run");
    }

    private Task<TestSilos> StartAsync(ScriptedModel model, Action<AgentBuilder>? agent = null) => _stage.StartAsync(
        null,
        model,
        agent,
        services =>
        {
            _queue.AddTo(services);
            _journal.AddTo(services);
        });
}
