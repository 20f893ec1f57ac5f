using AgentStream.Engine.Tests.Support;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace AgentStream.Engine.Tests.Grains;

/// <summary>A grain with a timer, whose ticks are numbered from 1.</summary>
[Alias("AgentStream.Engine.Tests.ITimerGrain")]
public interface ITimerGrain : IGrainWithStringKey
{
    /// <summary>Starts the timer. Tick number n is the hold "tick n"; if it throws, it does so at its end.</summary>
    [Alias("StartAsync")]
    Task StartAsync(TimeSpan dueTime, TimeSpan period, bool interleave, bool throws);

    [Alias("ChangeAsync"), AlwaysInterleave]
    Task ChangeAsync(TimeSpan dueTime, TimeSpan period);

    [Alias("StopAsync"), AlwaysInterleave]
    Task StopAsync();

    [Alias("HoldAsync")]
    Task HoldAsync(string name);

    [Alias("TicksAsync"), AlwaysInterleave]
    Task<int> TicksAsync();

    /// <summary>Starts a timer through each overload, and says which of them ticked with what.</summary>
    [Alias("StartAllKindsAsync")]
    Task StartAllKindsAsync();

    [Alias("DeactivateAsync"), AlwaysInterleave]
    Task DeactivateAsync();
}

internal sealed class TimerGrain(Signals signals) : Grain, ITimerGrain
{
    private IGrainTimer? _timer;
    private int _ticks;

    private string Key => this.GetPrimaryKeyString();

    public Task StartAsync(TimeSpan dueTime, TimeSpan period, bool interleave, bool throws)
    {
        var home = TaskScheduler.Current;
        _timer = this.RegisterGrainTimer(
            async token =>
            {
                Assert.Same(home, TaskScheduler.Current);
                await new Hold(signals, this, $"tick {++_ticks}").RunAsync(token);
                if (throws)
                {
                    throw new CallFailedException(_ticks);
                }
            },
            new GrainTimerCreationOptions { DueTime = dueTime, Period = period, Interleave = interleave });
        return Task.CompletedTask;
    }

    public Task ChangeAsync(TimeSpan dueTime, TimeSpan period)
    {
        _timer!.Change(dueTime, period);
        return Task.CompletedTask;
    }

    public Task StopAsync()
    {
        _timer!.Dispose();
        return Task.CompletedTask;
    }

    public Task HoldAsync(string name) => new Hold(signals, this, name).RunAsync();

    public Task<int> TicksAsync() => Task.FromResult(_ticks);

    public Task StartAllKindsAsync()
    {
        var once = new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        this.RegisterGrainTimer(() => Tick("1"), once);
        this.RegisterGrainTimer(token => Tick($"2 {token.CanBeCanceled}"), once);
        this.RegisterGrainTimer(state => Tick($"3 {state}"), "three", once);
        this.RegisterGrainTimer((state, token) => Tick($"4 {state} {token.CanBeCanceled}"), "four", once);
        this.RegisterGrainTimer(() => Tick("5"), TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        this.RegisterGrainTimer(token => Tick($"6 {token.CanBeCanceled}"), TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        this.RegisterGrainTimer(state => Tick($"7 {state}"), "seven", TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        this.RegisterGrainTimer(
            (state, token) => Tick($"8 {state} {token.CanBeCanceled}"), "eight", TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;

        Task Tick(string kind)
        {
            signals.Give($"{Key} {kind}");
            return Task.CompletedTask;
        }
    }

    public Task DeactivateAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        signals.Give($"{Key} deactivated");
        return Task.CompletedTask;
    }
}
