using System.Text.Json;
using System.Text.Json.Serialization;
using AgentStream.AspNetCore.Description;
using AgentStream.AspNetCore.Requests;
using AgentStream.AspNetCore.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace AgentStream.AspNetCore.Protocols.Native;

/// <summary>
/// <c>POST /chat/{session_id}/approvals/{request_id}</c> and <c>POST /chat/{session_id}/tool-results/{tool_call_id}</c>: answers to what a session waits for, and
/// <c>DELETE /chat/{session_id}/approval-rules/{rule_id}</c>.
/// </summary>
internal static class Answers
{
    /// <summary>The longest body, in bytes.</summary>
    internal const int MaxBodyLength = 1024 * 1024;

    public static void MapAnswers(this RouteGroupBuilder chat)
    {
        chat.MapPost("{session_id}/approvals/{request_id}", async Task<Ok<ReceiptView>> (string session_id, string request_id, HttpContext context, AgentStreamClient client) =>
            await AnswerAsync(context, client, session_id, fields => ReadApproval(fields, request_id)))
            .Is("Allows or denies a call that waits for a person.").TakesBody<ApprovalBody>().Refuses(404, 409);

        chat.MapPost("{session_id}/tool-results/{tool_call_id}", async Task<Ok<ReceiptView>> (string session_id, string tool_call_id, HttpContext context, AgentStreamClient client) =>
            await AnswerAsync(context, client, session_id, fields => ReadResult(fields, tool_call_id)))
            .Is("Brings the result of a tool of the client.").TakesBody<ToolResultBody>().Refuses(404, 409);

        chat.MapDelete("{session_id}/approval-rules/{rule_id}", async Task<Results<NoContent, ProblemHttpResult>> (string session_id, string rule_id, HttpContext context, AgentStreamClient client) =>
            await client.RevokeRuleAsync(context.Caller().Session(session_id), rule_id)
                ? TypedResults.NoContent()
                : Problems.Problem(StatusCodes.Status404NotFound, "The session has no such rule."))
            .Is("Takes a permission back that was given for later calls.").Refuses(404, 409);
    }

    private static async Task<Ok<ReceiptView>> AnswerAsync(HttpContext context, AgentStreamClient client, string sessionId, Func<JsonFields, RequestAnswer> read)
    {
        var key = context.Caller().Session(sessionId);
        var answer = read(new JsonFields(await JsonBody.ReadObjectAsync(context.Request, MaxBodyLength, context.RequestAborted)));

        // Not aborted with the request: an answer that was given counts.
        var receipt = await client.AnswerAsync(key, answer, CancellationToken.None);
        return TypedResults.Ok(new ReceiptView(receipt.Pending, receipt.RunId));
    }

    private static ApprovalAnswer ReadApproval(JsonFields fields, string requestId)
    {
        var approved = fields.Flag(Protocol.Fields.Approved);
        if (approved is null)
        {
            fields.Wrong(Protocol.Fields.Approved, "must be true or false");
        }

        var reason = fields.Text(Protocol.Fields.Reason, _ => null);
        var args = fields.Json(Protocol.Fields.Args);
        var remember = fields.Text(
            Protocol.Fields.Remember,
            text => text is null or Protocol.Memories.Tool or Protocol.Memories.Call ? null : $"must be \"{Protocol.Memories.Tool}\" or \"{Protocol.Memories.Call}\"");
        fields.RefuseOthers(Protocol.Fields.Approved, Protocol.Fields.Reason, Protocol.Fields.Args, Protocol.Fields.Remember);
        fields.ThrowIfAnyIsWrong();
        return new(requestId, approved!.Value, reason, args?.GetRawText(), Protocol.Memories.Read(remember));
    }

    private static ToolResultAnswer ReadResult(JsonFields fields, string toolCallId)
    {
        var content = fields.Json(Protocol.Fields.Content, isNullGiven: true);
        if (content is null)
        {
            fields.Wrong(Protocol.Fields.Content, "is required");
        }

        var isError = fields.Flag(Protocol.Fields.IsError);
        fields.RefuseOthers(Protocol.Fields.Content, Protocol.Fields.IsError);
        fields.ThrowIfAnyIsWrong();
        return new(toolCallId, content!.Value.GetRawText(), isError ?? false);
    }
}

/// <summary>What an answer has led to.</summary>
/// <param name="Pending">How many requests are still open.</param>
/// <param name="RunId">The run that continues; null while requests are open.</param>
internal sealed record ReceiptView([property: JsonPropertyName("pending")] int Pending, [property: JsonPropertyName("run_id")] string? RunId);

/// <summary>A request that waits for an answer.</summary>
/// <param name="RequestId">The request.</param>
/// <param name="Kind"><c>approval</c> or <c>tool</c>.</param>
/// <param name="ToolCallId">The call.</param>
/// <param name="ToolName">The tool.</param>
/// <param name="Args">The call's arguments.</param>
/// <param name="ExpiresAt">When it counts as denied unless it has an answer by then; left out for never.</param>
internal sealed record PendingView(
    [property: JsonPropertyName("request_id")] string RequestId,
    [property: JsonPropertyName("kind")] string Kind,
    [property: JsonPropertyName("tool_call_id")] string ToolCallId,
    [property: JsonPropertyName("tool_name")] string ToolName,
    [property: JsonPropertyName("args")] JsonElement Args,
    [property: JsonPropertyName(Protocol.Fields.ExpiresAt), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? ExpiresAt)
{
    public static PendingView Of(PendingRequest request) => new(
        request.RequestId,
        request.Kind == PendingRequestKind.Approval ? "approval" : "tool",
        request.ToolCallId,
        request.ToolName,
        JsonElement.Parse(request.Arguments, Reading),
        request.ExpiresAt?.UtcDateTime);

    // The arguments were held to the limit when they came in.
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = Protocol.MaxJsonDepth };
}

/// <summary>Calls that the session allows without asking.</summary>
/// <param name="RuleId">The rule.</param>
/// <param name="ToolName">The tool.</param>
/// <param name="Args">The arguments that the call must have; null for any.</param>
internal sealed record RuleView(
    [property: JsonPropertyName("rule_id")] string RuleId, [property: JsonPropertyName("tool_name")] string ToolName, [property: JsonPropertyName("args")] JsonElement? Args)
{
    public static RuleView Of(ApprovalRule rule) => new(rule.RuleId, rule.ToolName, rule.Arguments is { } arguments ? JsonElement.Parse(arguments) : null);
}
