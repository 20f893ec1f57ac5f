namespace AgentStream.Storage.Tailing;

/// <summary>The numbers of the hub. Each is a bound of memory or of the load on the log.</summary>
internal static class TailRules
{
    /// <summary>The most events that are kept for a stream's listeners.</summary>
    public const int WindowEvents = 512;

    /// <summary>The most bytes of bodies that are kept for a stream's listeners.</summary>
    public const int WindowBytes = 256 * 1024;

    /// <summary>The most events that a tail reads in one go: half a window, so that a listener that keeps up finds them all there.</summary>
    public const int FeedBatch = WindowEvents / 2;

    /// <summary>The most events that a listener holds.</summary>
    public const int ListenerBatch = 64;

    /// <summary>A stream without notices is read again after this long, and after twice as long each time that nothing had come.</summary>
    public static TimeSpan FirstPoll => TimeSpan.FromMilliseconds(100);

    /// <summary>A stream without notices is read again after this long at the most. An unavailable log is tried as seldom.</summary>
    public static TimeSpan LastPoll => TimeSpan.FromSeconds(1);

    /// <summary>A stream with notices is read again after this long, in case that one was lost.</summary>
    public static TimeSpan SafetyPoll => TimeSpan.FromSeconds(2);

    /// <summary>The next wait after a vain one.</summary>
    public static TimeSpan Slower(TimeSpan wait) => wait + wait < LastPoll ? wait + wait : LastPoll;
}
