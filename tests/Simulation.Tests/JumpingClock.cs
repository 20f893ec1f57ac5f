using AgentStream.TestTools;

namespace AgentStream.Simulation.Tests;

/// <summary>A silo's clock: its timers fire when the schedule says so, and what it shows may jump either way.</summary>
internal sealed class JumpingClock : TimeProvider
{
    // What waits longer waits for somebody who never answers, and nobody here is so.
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(20);

    private readonly ManualTimeProvider _time = new();
    private TimeSpan _jump;

    public override long TimestampFrequency => _time.TimestampFrequency;

    public bool HasPause => _time.NextTimer <= LongestPause;

    public void Jump(TimeSpan by) => _jump += by;

    /// <summary>Ends the shortest pause.</summary>
    public void EndPause() => _time.Advance(_time.NextTimer!.Value);

    public override DateTimeOffset GetUtcNow() => _time.GetUtcNow() + _jump;

    public override long GetTimestamp() => _time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _time.CreateTimer(callback, state, dueTime, period);
}
