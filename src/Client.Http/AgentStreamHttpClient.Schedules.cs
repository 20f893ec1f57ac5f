using System.Net;
using System.Text.Json;
using AgentStream.Client.Http;

namespace AgentStream;

/// <content>Prompts that are to come.</content>
public sealed partial class AgentStreamHttpClient
{
    /// <inheritdoc/>
    public async Task<Schedule> SetScheduleAsync(SessionKey key, ScheduleRequest request, CancellationToken cancellationToken = default)
    {
        ScheduleRequestRules.ThrowIfInvalid(request);
        using var content = JsonContent(JsonSerializer.SerializeToUtf8Bytes(ScheduleBody.Of(request), Json.Default.ScheduleBody));
        var path = $"/{Uri.EscapeDataString(Mine(key).Session)}/schedules";
        using var response = await _routes.SendAsync(HttpMethod.Post, path, content, after: null, request.IdempotencyKey, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw response.StatusCode == HttpStatusCode.UnprocessableEntity && request.IdempotencyKey is { } idempotencyKey
                ? new IdempotencyConflictException(idempotencyKey)
                : (await Problem.ReadAsync(response, cancellationToken).ConfigureAwait(false)).ToException(response, key.ToString(), request.Agent);
        }

        var answer = Read(await _routes.ReadAsync(HttpMethod.Post, path, response, cancellationToken).ConfigureAwait(false), Json.Default.ScheduleAnswer);
        return answer?.ToSchedule() ?? throw new ServerUnreachableException("The server's answer is not one of AgentStream's: it is null");
    }

    /// <inheritdoc/>
    public async Task<Schedule[]> ListSchedulesAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        var answer = await CallAsync(HttpMethod.Get, key, "/schedules", content: null, cancellationToken).ConfigureAwait(false);
        return Array.ConvertAll(Read(answer, Json.Default.ScheduleAnswerArray) ?? [], schedule => schedule.ToSchedule());
    }

    /// <inheritdoc/>
    public async Task<bool> CancelScheduleAsync(SessionKey key, string scheduleId, CancellationToken cancellationToken = default) =>
        await CallAsync(HttpMethod.Delete, key, $"/schedules/{Uri.EscapeDataString(scheduleId)}", content: null, cancellationToken).ConfigureAwait(false) is not null;
}
