using AgentStream.TestTools;

namespace AgentStream.Cli.Tests;

public sealed class InterruptTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _time = new();
    private int _cancels;

    [Fact]
    public async Task One_press_cancels_after_a_moment_and_does_not_leave()
    {
        using var interrupts = NewInterrupts();
        interrupts.Press();
        Assert.Equal(0, _cancels);
        _time.Advance(Moment);
        await interrupts.Canceling.Within();
        Assert.Equal((1, false), (_cancels, interrupts.Left.IsCancellationRequested));
    }

    [Fact]
    public async Task A_second_press_within_the_moment_leaves_and_does_not_cancel()
    {
        using var interrupts = NewInterrupts();
        interrupts.Press();
        interrupts.Press();
        Assert.True(interrupts.Left.IsCancellationRequested);
        _time.Advance(Moment);
        await interrupts.Canceling.Within();
        Assert.Equal(0, _cancels);
    }

    [Fact]
    public async Task A_press_after_the_cancel_leaves_too()
    {
        using var interrupts = NewInterrupts();
        interrupts.Press();
        _time.Advance(Moment);
        await interrupts.Canceling.Within();
        interrupts.Press();
        Assert.True(interrupts.Left.IsCancellationRequested);
    }

    [Fact]
    public void Where_there_is_nothing_to_cancel_one_press_leaves()
    {
        using var interrupts = new Interrupts(ask: null, TimeSpan.Zero, cancel: null, _time);
        interrupts.Press();
        Assert.True(interrupts.Left.IsCancellationRequested);
    }

    [Fact]
    public async Task A_cancel_that_fails_can_be_tried_again()
    {
        using var interrupts = new Interrupts("again", Moment, _ => ++_cancels == 1 ? throw new StorageUnavailableException("away") : Task.CompletedTask, _time);
        interrupts.Press();
        _time.Advance(Moment);
        await interrupts.Canceling.Within();
        interrupts.Press();
        _time.Advance(Moment);
        await interrupts.Canceling.Within();
        Assert.Equal((2, false), (_cancels, interrupts.Left.IsCancellationRequested));
    }

    private Interrupts NewInterrupts() => new("again", Moment, _ => Task.FromResult(++_cancels), _time);
}
