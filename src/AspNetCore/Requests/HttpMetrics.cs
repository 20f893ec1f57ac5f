using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Requests;

/// <summary>What is measured at the edge. No tag names a caller or a session.</summary>
internal sealed class HttpMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _refused = meters.Create("AgentStream").CreateCounter<long>("agentstream.http.refused", "{request}", "Requests that were refused or failed, by reason.");

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
