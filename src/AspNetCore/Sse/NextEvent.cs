using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace AgentStream.AspNetCore.Sse;

/// <summary>
/// The answer to a listener's question for its next event, or a stretch of silence before it. One for a response, whatever the number of events: waiting allocates nothing.
/// </summary>
internal sealed class NextEvent : IValueTaskSource<bool>, IDisposable
{
    private const int IsOpen = 0;
    private const int IsAwaited = 1;
    private const int IsThere = 2;

    private readonly TimeProvider _time;
    private readonly TimeSpan _silence;
    private readonly ITimer _timer;
    private readonly Action _arrived;
    private ManualResetValueTaskSourceCore<bool> _wait;
    private ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _answer;
    private long _since;
    private int _state = IsThere;
    private int _isArmed;

    /// <param name="time">The clock that measures silence.</param>
    /// <param name="silence">How long a silence is waited out.</param>
    public NextEvent(TimeProvider time, TimeSpan silence)
    {
        (_time, _silence, _arrived) = (time, silence, Arrived);
        _timer = time.CreateTimer(static next => ((NextEvent)next!).LookAtClock(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether a question is still open.</summary>
    public bool IsPending => Volatile.Read(ref _state) != IsThere;

    /// <summary>Waits from here on for an answer; the silence begins.</summary>
    /// <param name="answer">The answer to the question for the next event.</param>
    public void Begin(ValueTask<bool> answer)
    {
        BeginSilence();
        _answer = answer.ConfigureAwait(false).GetAwaiter();
        Volatile.Write(ref _state, IsOpen);
        _answer.UnsafeOnCompleted(_arrived);
    }

    /// <summary>Waits for the answer.</summary>
    /// <returns>True when it is there; false when the silence is over before it. The next silence begins then, and the question stays open.</returns>
    public ValueTask<bool> WaitAsync()
    {
        _wait.Reset();
        if (Interlocked.CompareExchange(ref _state, IsAwaited, IsOpen) == IsThere)
        {
            return new(true);
        }

        if (_silence - _time.GetElapsedTime(Volatile.Read(ref _since)) is var rest && rest > TimeSpan.Zero)
        {
            Arm(rest);
        }
        else if (Interlocked.CompareExchange(ref _state, IsOpen, IsAwaited) == IsAwaited)
        {
            // The silence was over before it was waited for: what came before it took so long to be flushed.
            BeginSilence();
            return new(false);
        }

        return new(this, _wait.Version);
    }

    /// <summary>The answer, which is there.</summary>
    /// <returns>Whether there is an event.</returns>
    public bool Take() => _answer.GetResult();

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    bool IValueTaskSource<bool>.GetResult(short token) => _wait.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    private void Arrived()
    {
        if (Interlocked.Exchange(ref _state, IsThere) == IsAwaited)
        {
            _wait.SetResult(true);
        }
    }

    private void BeginSilence()
    {
        Volatile.Write(ref _since, _time.GetTimestamp());
        Arm(_silence);
    }

    // The timer runs on while events come, and is set anew only when it has gone off: that is cheaper than to set it for each event.
    private void Arm(TimeSpan rest)
    {
        if (Interlocked.Exchange(ref _isArmed, 1) == 0)
        {
            _timer.Change(rest, Timeout.InfiniteTimeSpan);
        }
    }

    private void LookAtClock()
    {
        // In this order: whoever begins to wait behind this look finds the timer unarmed, and arms it.
        Interlocked.Exchange(ref _isArmed, 0);
        if (Volatile.Read(ref _state) != IsAwaited)
        {
            return;
        }

        if (_silence - _time.GetElapsedTime(Volatile.Read(ref _since)) is var rest && rest > TimeSpan.Zero)
        {
            Arm(rest);
        }
        else if (Interlocked.CompareExchange(ref _state, IsOpen, IsAwaited) == IsAwaited)
        {
            BeginSilence();
            _wait.SetResult(false);
        }
    }
}
