using AgentStream.Engine.Tests.Grains;
using AgentStream.Engine.Tests.Support;
using Orleans;

namespace AgentStream.Engine.Tests;

/// <summary>A grain runs one turn at a time, and one request at a time across its awaits.</summary>
[Collection(SharedClusterTests.Name)]
public sealed class TurnTests(SharedCluster shared)
{
    private readonly EngineCluster _cluster = shared.Value;

    [Fact]
    public async Task A_request_waits_until_the_running_one_is_done_across_its_awaits()
    {
        var grain = _cluster.NewGrain<ITurnGrain>();
        var first = new Hold(_cluster.Signals, grain, "first");
        var second = new Hold(_cluster.Signals, grain, "second");
        var firstCall = grain.HoldAsync("first");
        await first.BeganAsync();
        var secondCall = grain.HoldAsync("second");
        await grain.PingAsync();
        Assert.False(second.HasBegun);

        first.LetEnd();
        await firstCall;
        await second.BeganAsync();
        second.LetEnd();
        await secondCall;
    }

    [Fact]
    public async Task An_await_in_a_grain_comes_back_to_it_and_Task_Run_escapes_it()
    {
        var where = await _cluster.NewGrain<ITurnGrain>().WhereAsync();
        Assert.Equal(
            new Whereabouts(BeforeAwait: true, AfterAwait: true, AfterConfigureAwaitFalse: false, InTaskRun: false, AfterTaskRun: true),
            where);
    }

    [Fact]
    public async Task Work_that_a_request_started_and_did_not_await_goes_on_in_turns_between_requests()
    {
        var grain = _cluster.NewGrain<ITurnGrain>();
        await grain.StartBesideAsync("work");
        Assert.Equal(0, (await grain.BesideAsync()).Turns);

        _cluster.Signals.Give($"{grain.GetPrimaryKeyString()} work may go on");
        var done = _cluster.Signals.WaitAsync($"{grain.GetPrimaryKeyString()} work done");
        while (!done.IsCompleted)
        {
            await grain.BesideAsync();
        }

        await done;
        Assert.Equal(new Beside(Turns: 100, AlwaysAtHome: true, AlwaysAlone: true), await grain.BesideAsync());
    }

    [Fact]
    public async Task Many_concurrent_callers_of_one_grain_lose_no_update()
    {
        var grain = _cluster.NewGrain<ITurnGrain>();
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () =>
        {
            var mine = new List<int>();
            for (var i = 0; i < 100; i++)
            {
                mine.Add(await grain.IncrementAsync());
            }

            return mine;
        })));
        Assert.Equal(Enumerable.Range(1, 5000), answers.SelectMany(mine => mine).Order());
        Assert.All(answers, mine => Assert.Equal(mine.Order(), mine));
    }

    [Fact]
    public async Task Requests_that_one_caller_sends_one_after_the_other_run_in_that_order()
    {
        var grain = _cluster.NewGrain<ITurnGrain>();
        var numbers = Enumerable.Range(0, 1000).ToArray();
        for (var i = 0; i < numbers.Length; i++)
        {
            await grain.NoteAsync(numbers[i]);
        }

        Assert.Equal(numbers, await grain.NotesAsync());
    }

    [Fact]
    public async Task A_request_that_always_interleaves_runs_while_another_is_held_and_overtakes_those_that_wait()
    {
        var grain = _cluster.NewGrain<ITurnGrain>();
        var first = new Hold(_cluster.Signals, grain, "first");
        var waiting = new Hold(_cluster.Signals, grain, "waiting");
        var overtaking = new Hold(_cluster.Signals, grain, "overtaking");
        var firstCall = grain.HoldAsync("first");
        await first.BeganAsync();
        var waitingCall = grain.HoldAsync("waiting");
        var overtakingCall = grain.HoldInterleavingAsync("overtaking");
        await overtaking.BeganAsync();
        overtaking.LetEnd();
        await overtakingCall;
        Assert.False(waiting.HasBegun);
        Assert.False(firstCall.IsCompleted);

        first.LetEnd();
        waiting.LetEnd();
        await Task.WhenAll(firstCall, waitingCall);
    }

    [Fact]
    public async Task Any_request_runs_while_only_interleaving_ones_are_held()
    {
        var grain = _cluster.NewGrain<ITurnGrain>();
        var interleaving = new Hold(_cluster.Signals, grain, "interleaving");
        var interleavingCall = grain.HoldInterleavingAsync("interleaving");
        await interleaving.BeganAsync();
        Assert.Equal(1, await grain.IncrementAsync());
        interleaving.LetEnd();
        await interleavingCall;
    }

    [Fact]
    public async Task Read_only_requests_run_with_each_other_and_not_with_others()
    {
        var grain = _cluster.NewGrain<ITurnGrain>();
        var read1 = new Hold(_cluster.Signals, grain, "read 1");
        var read2 = new Hold(_cluster.Signals, grain, "read 2");
        var write = new Hold(_cluster.Signals, grain, "write");
        var read3 = new Hold(_cluster.Signals, grain, "read 3");
        var read1Call = grain.HoldReadingAsync("read 1");
        await read1.BeganAsync();
        var writeCall = grain.HoldAsync("write");
        var read2Call = grain.HoldReadingAsync("read 2");
        await read2.BeganAsync();
        Assert.False(write.HasBegun);

        read2.LetEnd();
        await read2Call;
        read1.LetEnd();
        await read1Call;
        await write.BeganAsync();
        var read3Call = grain.HoldReadingAsync("read 3");
        await grain.PingAsync();
        Assert.False(read3.HasBegun);

        write.LetEnd();
        await writeCall;
        read3.LetEnd();
        await read3Call;
    }

    [Fact]
    public async Task All_requests_of_a_reentrant_grain_interleave()
    {
        var grain = _cluster.NewGrain<IReentrantGrain>();
        string[] names = ["a", "b", "c"];
        var calls = names.Select(grain.HoldAsync).ToArray();
        foreach (var name in names)
        {
            await new Hold(_cluster.Signals, grain, name).BeganAsync();
        }

        Assert.All(calls, call => Assert.False(call.IsCompleted));
        foreach (var name in names)
        {
            new Hold(_cluster.Signals, grain, name).LetEnd();
        }

        await Task.WhenAll(calls);
    }
}
