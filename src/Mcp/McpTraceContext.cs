using System.Diagnostics;
using System.Text.Json.Nodes;

namespace AgentStream.Mcp;

/// <summary>
/// Tells a server the trace that a call is part of, as W3C's <c>traceparent</c> in the call's <c>_meta</c>. The client of the package (2.4.0) does so only where somebody listens to its own source.
/// </summary>
internal static class McpTraceContext
{
    private const string Meta = "_meta";

    /// <summary>Adds the caller's span to the parameters of a request; nothing without one. Baggage stays here: it is the program's.</summary>
    public static JsonObject WithTrace(this JsonObject parameters)
    {
        if (Activity.Current is not { IdFormat: ActivityIdFormat.W3C, Id: { } id } span)
        {
            return parameters;
        }

        if (parameters[Meta] is not JsonObject meta)
        {
            parameters[Meta] = meta = [];
        }

        meta["traceparent"] = id;
        if (!string.IsNullOrEmpty(span.TraceStateString))
        {
            meta["tracestate"] = span.TraceStateString;
        }

        return parameters;
    }
}
