using System.Text.Json;

namespace AgentStream.Events;

/// <summary>A call waits for somebody. The run's end follows; another run continues when all requests have their answers.</summary>
/// <param name="Source">The event as it stands in the stream.</param>
/// <param name="Body">What is said.</param>
/// <param name="Request">The request.</param>
public sealed record RequestOpened(StreamEntry Source, JsonElement Body, PendingRequest Request) : InfoAdded(Source, Body);

/// <summary>A request has its answer.</summary>
/// <param name="Source">The event as it stands in the stream.</param>
/// <param name="Body">What is said.</param>
/// <param name="RequestId">The request.</param>
/// <param name="CallId">The call's id.</param>
/// <param name="ToolName">The tool.</param>
/// <param name="IsApproved">Whether the call was allowed; null where the client gave a result.</param>
public sealed record RequestClosed(StreamEntry Source, JsonElement Body, string RequestId, string CallId, string ToolName, bool? IsApproved) : InfoAdded(Source, Body);
