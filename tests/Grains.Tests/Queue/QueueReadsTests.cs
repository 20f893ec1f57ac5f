using AgentStream.Storage.Queue;

namespace AgentStream.Grains.Tests.Queue;

/// <summary>What a session needs of its queue are lengths and ids. A text is read when its prompt is about to run, and no other.</summary>
public sealed class QueueReadsTests
{
    private readonly QueueStage _stage = new();
    private readonly SpyQueue _queue = new();
    private readonly SessionKey _key = TestSilos.NewSession();
    private readonly Gate _gate = new();

    [Fact]
    public async Task Prompts_and_looks_at_a_session_read_none_of_those_that_wait()
    {
        await using var silos = await _stage.StartAsync(null, new ScriptedModel([new Step.Pause(_gate), Step.Say("one")], [Step.Say("two")]), services: _queue.AddTo);
        await silos.Client.StartAsync(_key, new RunRequest("1"));
        await _gate.ReachedAsync();
        StartedRun? first = null;
        for (var i = 1; i <= IPromptQueue.MaxQueued; i++)
        {
            var request = new RunRequest($"go {i}", OnBusy: BusySessionBehavior.Queue, IdempotencyKey: $"key-{i}");
            var started = await silos.Client.StartAsync(_key, request);
            Assert.Equal(i, started.QueuePosition);
            Assert.Equal(started, await silos.Client.StartAsync(_key, request));
            first ??= started;
        }

        await Assert.ThrowsAsync<SessionBusyException>(() => silos.Client.StartAsync(_key, new RunRequest("too many", OnBusy: BusySessionBehavior.Queue)));
        await Assert.ThrowsAsync<SessionBusyException>(() => silos.Client.StartAsync(_key, new RunRequest("no")));
        Assert.Equal(IPromptQueue.MaxQueued, (await silos.Client.GetSessionAsync(_key))!.QueuedPrompts);
        Assert.True(await silos.Cluster.Client.GetGrain<ISessionGrain>(_key.ToString()).IsWaitingAsync(first!.RunId));
        Assert.Equal(0, _queue.Finds);
    }

    [Fact]
    public async Task Each_run_reads_its_own_prompt_and_a_run_that_asks_the_model_again_only_those_that_join_it()
    {
        var model = new ScriptedModel([Step.Call("c1", "wait")], [Step.Say("one")], [Step.Say("two")], [Step.Say("three")]);
        await using var silos = await _stage.StartAsync(
            null,
            model,
            agent => agent.WithTool(
                async () =>
                {
                    _gate.Reached();
                    await _gate.OpenedAsync(CancellationToken.None);
                    return "waited";
                },
                "wait"),
            _queue.AddTo);
        await silos.Client.StartAsync(_key, new RunRequest("go"));
        await _gate.ReachedAsync();
        await silos.Client.StartAsync(_key, new RunRequest("2", OnBusy: BusySessionBehavior.Queue));
        await silos.Client.StartAsync(_key, new RunRequest("joins", OnBusy: BusySessionBehavior.Steer));
        var last = await silos.Client.StartAsync(_key, new RunRequest("other tools", OnBusy: BusySessionBehavior.Steer) { Tools = [new("ask")] });
        _gate.Open();
        await QueueStage.EndedAsync(silos, _key, last.RunId);

        Assert.Equal(3, _queue.Finds);
        Assert.Equal("joins", model.Requests.ElementAt(1).Messages[^1].Text);
        Assert.Equal("other tools", model.Requests.Last().Messages[^1].Text);
    }
}
