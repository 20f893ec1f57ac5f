using System.Diagnostics.Metrics;
using System.Globalization;
using AgentStream.AspNetCore.Sse;
using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Requests;

/// <summary>What is measured at the edge. No tag names a caller or a session.</summary>
internal sealed class HttpMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _refused = meters.Create("AgentStream").CreateCounter<long>("agentstream.http.refused", "{request}", "Requests that were refused or failed, by reason.");

    private readonly Histogram<double> _lag = meters.Create("AgentStream").CreateHistogram(
        "agentstream.listener.lag",
        "s",
        "Time from an entry's append to when a listener's connection had taken it.",
        null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0] });

    /// <summary>Measures how far a listener that begins now is behind; null when nobody wants to know.</summary>
    public ReaderLag? Follow(TimeProvider time) => _lag.Enabled ? new ReaderLag(_lag, time) : null;

    /// <summary>Counts a request that got a problem for an answer.</summary>
    public void Refused(int status, Exception cause)
    {
        if (_refused.Enabled)
        {
            _refused.Add(1, new("error.type", ReasonOf(status, cause)), new("http.response.status_code", status));
        }
    }

    /// <summary>The reason in one word of a fixed set: the limit that was met, what was in the way, or the status.</summary>
    private static string ReasonOf(int status, Exception cause) => cause switch
    {
        LimitExceededException e => e.Limit,
        InvalidInputException => "invalid_input",
        UnknownAgentException => "agent_unknown",
        PolicyNotMetException => "policy_not_met",
        SessionBusyException => "session_busy",
        UnknownRequestException => "request_unknown",
        RequestAnsweredException => "request_answered",
        IdempotencyConflictException => "idempotency_conflict",
        StorageUnavailableException => "store_unavailable",
        _ when status == StatusCodes.Status503ServiceUnavailable => "session_unreachable",
        _ => status.ToString(CultureInfo.InvariantCulture),
    };
}
