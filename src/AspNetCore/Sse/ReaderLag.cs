using System.Diagnostics.Metrics;

namespace AgentStream.AspNetCore.Sse;

/// <summary>How far one listener is behind the stream: measured at each flush, of the last entry that it had. Of what was there before the listener came, nothing is measured.</summary>
/// <param name="lag">Takes the figures.</param>
/// <param name="time">The clock that the store's is held against.</param>
internal sealed class ReaderLag(Histogram<double> lag, TimeProvider time)
{
    private readonly ulong _since = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
    private Cursor _last;

    /// <summary>An entry is written, and not yet flushed.</summary>
    public void Wrote(Cursor cursor) => _last = cursor;

    /// <summary>The connection has taken what is written.</summary>
    public void Flushed()
    {
        if (_last.Milliseconds > _since && !_last.IsReplayed)
        {
            lag.Record(Math.Max(0, time.GetUtcNow().ToUnixTimeMilliseconds() - (long)_last.Milliseconds) / 1000.0);
        }

        _last = Cursor.Start;
    }
}
