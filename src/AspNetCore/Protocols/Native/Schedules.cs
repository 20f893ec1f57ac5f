using System.Globalization;
using System.Text.Json.Serialization;
using AgentStream.AspNetCore.Description;
using AgentStream.AspNetCore.Requests;
using AgentStream.AspNetCore.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace AgentStream.AspNetCore.Protocols.Native;

/// <summary><c>/chat/{session_id}/schedules</c>: prompts that are to come, once or again and again.</summary>
internal static class Schedules
{
    /// <summary>The longest body, in bytes.</summary>
    internal const int MaxBodyLength = 1024 * 1024;

    // Without an offset, it would be the server's own.
    private static readonly string[] Times =
    [
        .. new[] { "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF" }.SelectMany(time => new[] { $"{time}'Z'", $"{time}zzz" }),
    ];

    public static void MapSchedules(this RouteGroupBuilder chat)
    {
        chat.MapPost("{session_id}/schedules", async Task<Ok<ScheduleView>> (string session_id, HttpContext context, AgentStreamClient client) =>
        {
            var key = context.Caller().Session(session_id);
            var fields = new JsonFields(await JsonBody.ReadObjectAsync(context.Request, MaxBodyLength, context.RequestAborted));
            var request = Read(fields) with { IdempotencyKey = RunRules.ReadIdempotencyKey(context.Request), Claims = context.CallerClaims() };

            // Not aborted with the request: a schedule is set, or it is not.
            return TypedResults.Ok(ScheduleView.Of(await client.SetScheduleAsync(key, request, CancellationToken.None)));
        }).Is("Sets a schedule: a prompt at a time, or by a cron expression.").TakesBody<ScheduleBody>().TakesHeader("Idempotency-Key", "Makes a request that is sent again known: 1 to 128 printable ASCII characters.").Refuses(404, 409, 422);

        chat.MapGet("{session_id}/schedules", async Task<Ok<ScheduleView[]>> (string session_id, HttpContext context, AgentStreamClient client) =>
            TypedResults.Ok(Array.ConvertAll(await client.ListSchedulesAsync(context.Caller().Session(session_id)), ScheduleView.Of)))
            .IsLongAnswer().Is("Lists a session's schedules.").Refuses().TakesTokens(SessionVerbs.Read);

        chat.MapDelete("{session_id}/schedules/{schedule_id}", async Task<Results<NoContent, ProblemHttpResult>> (string session_id, string schedule_id, HttpContext context, AgentStreamClient client) =>
            await client.CancelScheduleAsync(context.Caller().Session(session_id), schedule_id, CancellationToken.None)
                ? TypedResults.NoContent()
                : Problems.Problem(StatusCodes.Status404NotFound, "The session has no such schedule."))
            .Is("Cancels a schedule.").Refuses(404, 409);
    }

    private static ScheduleRequest Read(JsonFields fields)
    {
        var prompt = fields.Text("prompt", RunRequestRules.Prompt);
        var agent = fields.Text("agent", RunRequestRules.Agent);
        DateTimeOffset? at = null;
        var (hasAt, hasCron, hasTimeZone) = (fields.Json("at") is not null, fields.Json("cron") is not null, fields.Json("time_zone") is not null);
        fields.Text("at", text => text is null || TryRead(text, out at) ? null : "must be a time with its offset, as of RFC 3339, such as 2026-03-01T09:00:00Z");
        var cron = fields.Text("cron", ScheduleRequestRules.Cron);
        var timeZone = fields.Text("time_zone", ScheduleRequestRules.TimeZone);
        if (ScheduleRequestRules.Times(hasAt, hasCron, hasTimeZone) is var (field, rule))
        {
            fields.Wrong(field, rule);
        }

        fields.RefuseOthers("prompt", "agent", "at", "cron", "time_zone");
        fields.ThrowIfAnyIsWrong();
        return new ScheduleRequest(prompt!, agent, at, cron, timeZone);
    }

    private static bool TryRead(string text, out DateTimeOffset? at)
    {
        var isTime = DateTimeOffset.TryParseExact(text, Times, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time);
        at = isTime ? time : null;
        return isTime;
    }
}

/// <summary>A schedule. Fields that have nothing to say are left out, but for <c>next</c>.</summary>
/// <param name="ScheduleId">The schedule.</param>
/// <param name="Prompt">What comes.</param>
/// <param name="Agent">The agent.</param>
/// <param name="At">When, for a prompt that comes once.</param>
/// <param name="Cron">When, for one that comes again and again.</param>
/// <param name="TimeZone">The time zone of that.</param>
/// <param name="Created">When it was set.</param>
/// <param name="Next">When the prompt comes next; null when it does not.</param>
/// <param name="Last">When it last came.</param>
/// <param name="Error">Why it was refused.</param>
internal sealed record ScheduleView(
    [property: JsonPropertyName("schedule_id")] string ScheduleId,
    [property: JsonPropertyName("prompt")] string Prompt,
    [property: JsonPropertyName("agent")] string Agent,
    [property: JsonPropertyName("at"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? At,
    [property: JsonPropertyName("cron"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Cron,
    [property: JsonPropertyName("time_zone"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TimeZone,
    [property: JsonPropertyName("created")] DateTime Created,
    [property: JsonPropertyName("next")] DateTime? Next,
    [property: JsonPropertyName("last"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? Last,
    [property: JsonPropertyName("error"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error)
{
    public static ScheduleView Of(Schedule schedule) => new(
        schedule.Id,
        schedule.Prompt,
        schedule.Agent,
        schedule.At?.UtcDateTime,
        schedule.Cron,
        schedule.TimeZone,
        schedule.Created.UtcDateTime,
        schedule.Next?.UtcDateTime,
        schedule.Last?.UtcDateTime,
        schedule.Error);
}
