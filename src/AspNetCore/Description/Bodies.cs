using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentStream.AspNetCore.Description;

// What the routes take, for the description alone: they are read field by field.

/// <summary>The body of <c>POST /chat</c>.</summary>
internal sealed record StartBody(
    [property: JsonPropertyName("prompt")] string Prompt,
    [property: JsonPropertyName("session_id")] string? SessionId = null,
    [property: JsonPropertyName("agent")] string? Agent = null,
    [property: JsonPropertyName("on_busy")] string? OnBusy = null,
    [property: JsonPropertyName("tools")] ToolBody[]? Tools = null,
    [property: JsonPropertyName("webhook")] string? Webhook = null);

/// <summary>A tool of the client.</summary>
internal sealed record ToolBody(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("description")] string? Description = null,
    [property: JsonPropertyName("parameters")] JsonElement? Parameters = null);

/// <summary>The body of an answer to a call that waits for a person.</summary>
internal sealed record ApprovalBody(
    [property: JsonPropertyName("approved")] bool Approved,
    [property: JsonPropertyName("reason")] string? Reason = null,
    [property: JsonPropertyName("args")] JsonElement? Args = null,
    [property: JsonPropertyName("remember")] string? Remember = null);

/// <summary>The body with the result of a tool of the client.</summary>
internal sealed record ToolResultBody(
    [property: JsonPropertyName("content")] JsonElement Content,
    [property: JsonPropertyName("is_error")] bool? IsError = null);

/// <summary>The body of a request for a token.</summary>
internal sealed record TokenBody(
    [property: JsonPropertyName("verbs")] string[]? Verbs = null,
    [property: JsonPropertyName("cookie")] bool? Cookie = null);

/// <summary>The body of a new title.</summary>
internal sealed record TitleBody([property: JsonPropertyName("title")] string Title);

/// <summary>The body of a schedule.</summary>
internal sealed record ScheduleBody(
    [property: JsonPropertyName("prompt")] string Prompt,
    [property: JsonPropertyName("agent")] string? Agent = null,
    [property: JsonPropertyName("at")] DateTimeOffset? At = null,
    [property: JsonPropertyName("cron")] string? Cron = null,
    [property: JsonPropertyName("time_zone")] string? TimeZone = null);

/// <summary>The data of a frame of a session's stream.</summary>
internal sealed record FrameData(
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("origin")] string Origin,
    [property: JsonPropertyName("body")] JsonElement? Body = null);

/// <summary>The data of a frame that tells what happens to sessions.</summary>
internal sealed record SessionEventData(
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("time")] DateTimeOffset Time,
    [property: JsonPropertyName("session_id")] string? SessionId = null,
    [property: JsonPropertyName("title")] string? Title = null);

/// <summary>A session as its page shows it, with its nodes.</summary>
internal sealed record SessionData(
    [property: JsonPropertyName("session_id")] string SessionId,
    [property: JsonPropertyName("title")] string Title,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("error")] string? Error,
    [property: JsonPropertyName("waiting")] int Waiting,
    [property: JsonPropertyName("run")] Protocols.Native.RunView? Run,
    [property: JsonPropertyName("pending")] Protocols.Native.PendingView[] Pending,
    [property: JsonPropertyName("approval_rules")] Protocols.Native.RuleView[] ApprovalRules,
    [property: JsonPropertyName("nodes")] JsonElement[] Nodes);
