using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>A timer of a grain. Disposing it ends it; a tick that is running goes on, with its token canceled.</summary>
public interface IGrainTimer : IDisposable
{
    /// <summary>Sets the times anew. During a tick, they hold from its end.</summary>
    /// <param name="dueTime">The time to the next tick; <see cref="Timeout.InfiniteTimeSpan"/> for none.</param>
    /// <param name="period">The time from the end of a tick to the next; <see cref="Timeout.InfiniteTimeSpan"/> for only one.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A time is negative and not <see cref="Timeout.InfiniteTimeSpan"/>, or longer than 2^32-2 milliseconds.
    /// </exception>
    void Change(TimeSpan dueTime, TimeSpan period);
}

/// <summary>When a grain's timer ticks, and what the ticks do to the grain.</summary>
public readonly struct GrainTimerCreationOptions()
{
    /// <summary>Makes options.</summary>
    /// <param name="dueTime">The time to the first tick.</param>
    /// <param name="period">The time from the end of a tick to the next.</param>
    [SetsRequiredMembers]
    public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period)
        : this()
    {
        DueTime = dueTime;
        Period = period;
    }

    /// <summary>The time to the first tick; <see cref="Timeout.InfiniteTimeSpan"/> for none.</summary>
    public required TimeSpan DueTime { get; init; }

    /// <summary>The time from the end of a tick to the next; <see cref="Timeout.InfiniteTimeSpan"/> for only one.</summary>
    public required TimeSpan Period { get; init; }

    /// <summary>Whether ticks may run between the awaits of requests. Default: they wait for the running request.</summary>
    public bool Interleave { get; init; }

    /// <summary>Whether a tick counts as a use of the activation, so that it does not go as unused. Default: it does not.</summary>
    public bool KeepAlive { get; init; }
}
