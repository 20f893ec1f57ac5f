namespace AgentStream.Storage;

/// <summary>An event that is to be written.</summary>
/// <param name="Type">The entry's type, one of <see cref="Protocol"/>'s.</param>
/// <param name="Origin">The entry's origin.</param>
/// <param name="Body">The body, JSON as UTF-8; empty for none. It must not change afterwards.</param>
public readonly record struct NewEntry(string Type, string Origin, ReadOnlyMemory<byte> Body);

/// <summary>How a run stands with its session.</summary>
public enum RunStatus
{
    /// <summary>It owns the session, and the live flag is there.</summary>
    Live,

    /// <summary>It owns the session, but its live flag was taken away: it is to stop, say so and end.</summary>
    Canceled,

    /// <summary>It does not own the session any more: it is to stop and write nothing.</summary>
    Lost,
}

/// <summary>What became of an append.</summary>
/// <param name="Status">How the run stands.</param>
/// <param name="Last">The cursor of the last entry that this append wrote (or of the run's last entry, if it wrote none); <see cref="Cursor.Start"/> when the run is lost.</param>
public readonly record struct AppendResult(RunStatus Status, Cursor Last);

/// <summary>A run that was recovered.</summary>
/// <param name="Run">The run, with its new owner.</param>
/// <param name="Number">The number of its last append; the new owner's first is one more.</param>
/// <param name="Begin">The cursor of its <c>begin</c>.</param>
/// <param name="Status">How it stands: live, or canceled and yet to say so.</param>
/// <param name="IsSealed">Whether its old owner had sealed it (<see cref="IRunStore.SealAsync"/>).</param>
public sealed record RecoveredRun(RunToken Run, long Number, Cursor Begin, RunStatus Status, bool IsSealed = false);

/// <summary>A session's run: the one under way, or the last one, as long as it is remembered.</summary>
/// <param name="Run">The run, with its owner.</param>
/// <param name="Begin">The cursor of its <c>begin</c>.</param>
/// <param name="Last">The cursor of its last entry: <c>end</c>, when it has ended.</param>
/// <param name="HasEnded">Whether it has ended.</param>
public sealed record RunInfo(RunToken Run, Cursor Begin, Cursor Last, bool HasEnded);

/// <summary>Part of a session's stream.</summary>
/// <param name="Events">The events, in order.</param>
/// <param name="IsOpen">
/// Whether more events may come behind these: there are as many as were asked for, or a run owns the session, or another library's run has moved
/// within <see cref="StreamRules.ForeignSilence"/>. An answer of no events and not open is final for the current run.
/// </param>
/// <param name="IsForeign">Whether it is open because of another library's run. Its appends are not noticed: look again after a while.</param>
public readonly record struct StreamSlice(IReadOnlyList<StreamEntry> Events, bool IsOpen, bool IsForeign = false);

/// <summary>What a watcher is told.</summary>
/// <param name="Kind">What has happened.</param>
/// <param name="Events">The events that the stream has grown by, each once and in order; empty where the log leaves it to the watcher to read them.</param>
/// <param name="After">The place of the event before those; where a watcher has not seen it, it has missed something.</param>
public readonly record struct StreamNotice(StreamNoticeKind Kind, IReadOnlyList<StreamEntry> Events, Cursor After)
{
    /// <summary>A notice without events.</summary>
    /// <param name="kind">What has happened.</param>
    public StreamNotice(StreamNoticeKind kind)
        : this(kind, [], default)
    {
    }
}

/// <summary>What a watcher is told of.</summary>
public enum StreamNoticeKind
{
    /// <summary>The stream has grown, or a new run has begun in it.</summary>
    Grown,

    /// <summary>The run's live flag was taken away.</summary>
    Canceled,

    /// <summary>Notices may have been lost (a connection broke and came back): look for yourself.</summary>
    Unsure,
}

/// <summary>Numbers that all logs share.</summary>
public static class StreamRules
{
    /// <summary>After this much silence, another library's run counts as left behind by a crash. The Python library's listeners give up after as long.</summary>
    public static TimeSpan ForeignSilence => TimeSpan.FromSeconds(60);

    /// <summary>A stream stays this long after its <c>end</c>, however short the grace period: whoever follows it was told at once, and needs the time to read.</summary>
    public static TimeSpan LeastGrace => TimeSpan.FromSeconds(1);

    /// <summary>How long an ended run is remembered at least, so that a repeated finish is recognised: longer than the longest command and its repetitions take.</summary>
    public static TimeSpan EndedMemory => TimeSpan.FromSeconds(30);

    /// <summary>How long the answer to a cancel is remembered: longer than an Orleans call can be on its way (30 s), so that one that arrives late cancels no later run.</summary>
    public static TimeSpan CancelMemory => TimeSpan.FromSeconds(60);

    /// <summary>How many past runs of a session can still be read to their end, at most.</summary>
    public static int PastRuns => 16;

    /// <summary>How long a past run can still be read to its end, once the next has begun: long enough for a listener that was away for a moment.</summary>
    public static TimeSpan PastStay => TimeSpan.FromSeconds(60);

    /// <summary>How long an ended run is remembered: no shorter than its stream stays.</summary>
    /// <param name="gracePeriod">How long the stream stays.</param>
    /// <returns>The time from the end of the run.</returns>
    public static TimeSpan RememberEnded(TimeSpan gracePeriod) => Longer(gracePeriod + LeastGrace, EndedMemory);

    /// <summary>How long a stream stays after its <c>end</c>.</summary>
    /// <param name="gracePeriod">How long it was asked to stay.</param>
    /// <returns>The time from the end of the run.</returns>
    public static TimeSpan KeepStream(TimeSpan gracePeriod) => Longer(gracePeriod, LeastGrace);

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
