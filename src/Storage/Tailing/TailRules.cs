using AgentStream.Background;

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

    /// <summary>How soon a store that is away is tried again, and a stream without notices is read again when nothing had come.</summary>
    public static readonly Patience Patience = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1));

    /// <summary>A stream with notices is read again after this long, in case that one was lost.</summary>
    public static TimeSpan SafetyPoll => TimeSpan.FromSeconds(2);

    /// <summary>A session without a run is read again after this long, in case that a notice was lost: a run of another library gives none.</summary>
    public static TimeSpan IdlePoll => TimeSpan.FromSeconds(5);
}
