using System.Diagnostics.Metrics;

namespace AgentStream.AspNetCore.Sse;

/// <summary>What is measured of listeners. No tag names one, or a session.</summary>
internal sealed class SseMetrics(IMeterFactory meters)
{
    private readonly Histogram<double> _lag = meters.Create("AgentStream").CreateHistogram(
        "agentstream.listener.lag",
        "s",
        "Time from an entry's append to when a listener's connection had taken it.",
        null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0] });

    /// <summary>Measures how far a listener that begins now is behind; null when nobody wants to know.</summary>
    public ReaderLag? Follow(TimeProvider time) => _lag.Enabled ? new ReaderLag(_lag, time) : null;
}
