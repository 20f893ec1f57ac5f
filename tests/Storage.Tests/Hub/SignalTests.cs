using AgentStream.Storage.Tailing;
using AgentStream.TestTools;

namespace AgentStream.Storage.Tests.Hub;

/// <summary>What listeners wait for.</summary>
public sealed class SignalTests
{
    private readonly Signal _signal = new();

    [Fact]
    public async Task What_is_set_before_the_wait_does_not_get_lost()
    {
        _signal.Set();
        await _signal.WaitAsync().AsTask().Within();
    }

    [Fact]
    public async Task Set_twice_it_wakes_once()
    {
        _signal.Set();
        _signal.Set();
        await _signal.WaitAsync().AsTask().Within();

        var waiting = _signal.WaitAsync().AsTask();
        Assert.False(waiting.IsCompleted);
        _signal.Set();
        await waiting.Within();
    }

    [Fact]
    public async Task Who_sets_runs_none_of_the_waiters_code()
    {
        var woken = new TaskCompletionSource();
        using var held = new ManualResetEventSlim();
        var waiting = WaitAsync();
        _signal.Set();

        // Had it run the waiter's code, this thread would be held in it now.
        await woken.Task.Within();
        held.Set();
        await waiting.Within();

        async Task WaitAsync()
        {
            await _signal.WaitAsync();
            woken.SetResult();
            held.Wait();
        }
    }

    [Fact]
    public async Task No_word_is_missed_between_waits()
    {
        const int Words = 20_000;
        var said = 0;
        var saying = Task.Run(() =>
        {
            for (var i = 0; i < Words; i++)
            {
                Interlocked.Increment(ref said);
                _signal.Set();
            }
        });
        while (Volatile.Read(ref said) < Words)
        {
            await _signal.WaitAsync().AsTask().Within();
        }

        await saying.Within();
    }
}
