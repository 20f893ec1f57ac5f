using AgentStream.AspNetCore.Sse;
using AgentStream.TestTools;

namespace AgentStream.AspNetCore.Tests;

public sealed class NextEventTests
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_silence_that_is_over_before_it_is_waited_for_is_told_at_once_and_the_next_one_begins()
    {
        var time = new ManualTimeProvider();
        var answer = new TaskCompletionSource<bool>();
        using var next = new NextEvent(time, Silence);
        next.Begin(new(answer.Task));
        time.Advance(Silence);

        Assert.False(await next.WaitAsync().AsTask().Within());

        var second = next.WaitAsync().AsTask();
        time.Advance(Silence - TimeSpan.FromTicks(1));
        Assert.False(second.IsCompleted);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.False(await second.Within());

        var third = next.WaitAsync().AsTask();
        answer.SetResult(true);
        Assert.True(await third.Within());
        Assert.True(next.Take());
    }

    [Fact]
    public async Task What_is_left_of_a_silence_is_waited_for_and_no_more()
    {
        var time = new ManualTimeProvider();
        var (first, answer) = (new TaskCompletionSource<bool>(), new TaskCompletionSource<bool>());
        using var next = new NextEvent(time, Silence);

        // The timer of the first question goes off while the second one is not waited for yet.
        next.Begin(new(first.Task));
        first.SetResult(true);
        time.Advance(TimeSpan.FromSeconds(10));
        next.Begin(new(answer.Task));
        time.Advance(TimeSpan.FromSeconds(5));
        var waiting = next.WaitAsync().AsTask();

        time.Advance(TimeSpan.FromSeconds(10));

        Assert.False(await waiting.Within());
        answer.SetResult(true);
        Assert.True(await next.WaitAsync().AsTask().Within());
    }
}
