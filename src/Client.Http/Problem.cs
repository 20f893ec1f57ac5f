using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentStream.Client.Http;

/// <summary>What a server says about a request that it did not serve: RFC 9457 problem details.</summary>
/// <param name="Detail">What went wrong.</param>
/// <param name="Errors">The rules that are broken, by field.</param>
/// <param name="Reference">By what the server's log names it.</param>
/// <param name="Limit">The limit that was reached.</param>
/// <param name="Target">What it is a limit of.</param>
/// <param name="Allowed">How much it allows.</param>
internal sealed record Problem(
    string? Detail, Dictionary<string, string[]>? Errors, string? Reference = null, string? Limit = null, string? Target = null, long Allowed = 0)
{
    /// <summary>As the server's own exception writes it; what follows is the names that it knows, where it tells them.</summary>
    private const string Registered = "Registered: ";

    /// <summary>Reads it.</summary>
    /// <param name="response">An answer that is no success.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<Problem> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            // Not everything that stands between answers with problem details.
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            return JsonSerializer.Deserialize(body, Json.Default.Problem) ?? new Problem(null, null);
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            return new Problem(null, null);
        }
    }

    /// <summary>The exception that the caller would have got in the server's own process.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="session">The session that was asked for; empty for none.</param>
    /// <param name="agent">The agent that was asked for; null where the session says which.</param>
    /// <param name="request">The request that was answered; null for none.</param>
    public AgentStreamException ToException(HttpResponseMessage response, string session, string? agent = null, string? request = null)
    {
        var detail = (Detail ?? response.ReasonPhrase ?? "no reason given") + (Reference is null ? "" : $" (reference {Reference})");
        return response.StatusCode switch
        {
            HttpStatusCode.BadRequest when Errors is { Count: > 0 } errors => new InvalidInputException(errors.First().Key, Rules(errors)),
            HttpStatusCode.NotFound when IsAbout("agent") => new UnknownAgentException(agent ?? Quoted(detail, $"'. {Registered}") ?? Quoted(detail, "'.") ?? "(default)", Known(detail)),
            HttpStatusCode.NotFound when IsAbout(Protocol.Fields.RequestId) => new UnknownRequestException(Quoted(detail, "': ") ?? request ?? "?"),
            HttpStatusCode.Conflict when IsAbout(Protocol.Fields.RequestId) => new RequestAnsweredException(Quoted(detail, "' has ") ?? request ?? "?"),
            HttpStatusCode.Conflict => new SessionBusyException(session, "a run is under way"),
            HttpStatusCode.TooManyRequests or HttpStatusCode.Forbidden when Limit is not null =>
                new LimitExceededException(Limit, LimitAnswer.TargetOf(Target), Allowed, response.Headers.RetryAfter?.Delta),
            HttpStatusCode.ServiceUnavailable => new StorageUnavailableException(detail),
            HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout => new ServerUnreachableException($"A gateway could not reach the server: {detail}"),
            _ => new ServerRefusedException(response.StatusCode, detail),
        };
    }

    private bool IsAbout(string field) => Errors?.ContainsKey(field) == true;

    /// <summary>The name in quotes that the server's words are about: what was asked for may be another name of it.</summary>
    private static string? Quoted(string detail, string end) =>
        detail.IndexOf('\'', StringComparison.Ordinal) is var start and >= 0 && detail.IndexOf(end, start + 1, StringComparison.Ordinal) is var stop and > 0 ? detail[(start + 1)..stop] : null;

    private static string Rules(Dictionary<string, string[]> errors) =>
        string.Join("; ", errors.SelectMany((field, at) => field.Value.Select(rule => at == 0 ? rule : $"{field.Key} {rule}")));

    private static string? Known(string detail) =>
        detail.IndexOf(Registered, StringComparison.Ordinal) is var at and >= 0 ? detail[(at + Registered.Length)..].TrimEnd('.') : null;
}

/// <summary>The JSON that goes over the wire, beside events and messages.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = Protocol.MaxJsonDepth)]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(StartBody))]
[JsonSerializable(typeof(TitleBody))]
[JsonSerializable(typeof(CancelAnswer))]
[JsonSerializable(typeof(SessionAnswer))]
[JsonSerializable(typeof(ApprovalBody))]
[JsonSerializable(typeof(ToolResultBody))]
[JsonSerializable(typeof(ReceiptAnswer))]
[JsonSerializable(typeof(ScheduleBody))]
[JsonSerializable(typeof(ScheduleAnswer))]
[JsonSerializable(typeof(ScheduleAnswer[]))]
[JsonSerializable(typeof(LiveSession[]))]
[JsonSerializable(typeof(ListedSession[]))]
[JsonSerializable(typeof(LimitAnswer[]))]
internal sealed partial class Json : JsonSerializerContext;

/// <summary>The body of <c>POST /chat</c>.</summary>
internal sealed record StartBody(string Prompt, string SessionId, string? Agent, string? OnBusy, ToolBody[]? Tools, string? Webhook)
{
    /// <summary>The one place where a request is put into words.</summary>
    public static StartBody Of(SessionKey key, RunRequest request) => new(
        request.Prompt,
        key.Session,
        request.Agent,
        request.OnBusy switch { BusySessionBehavior.Queue => "queue", BusySessionBehavior.Replace => "replace", BusySessionBehavior.Steer => "steer", _ => null },
        request.Tools is { Count: > 0 } tools ? [.. tools.Select(ToolBody.Of)] : null,
        request.Webhook);
}

/// <summary>A tool of the client, as a prompt has it. The tools have kept their rules.</summary>
internal sealed record ToolBody(
    [property: JsonPropertyName(Protocol.Fields.Name)] string Name,
    [property: JsonPropertyName(Protocol.Fields.Description)] string? Description,
    [property: JsonPropertyName(Protocol.Fields.Parameters)] JsonElement? Parameters)
{
    public static ToolBody Of(ClientTool tool) => new(tool.Name, tool.Description, tool.Parameters is { } parameters ? JsonElement.Parse(parameters, new JsonDocumentOptions { MaxDepth = Protocol.MaxJsonDepth }) : null);
}

/// <summary>The body of <c>PATCH /chat/{session_id}</c>.</summary>
internal sealed record TitleBody(string Title);

/// <summary>The answer to a cancel.</summary>
internal sealed record CancelAnswer(bool Cancelled);

/// <summary>What a session has come to, without its nodes.</summary>
internal sealed record SessionAnswer(
    string Title, string Status, string? Error, int Waiting = 0, RunAnswer? Run = null, PendingAnswer[]? Pending = null, RuleAnswer[]? ApprovalRules = null)
{
    public PendingRequest[] ToPending() => Array.ConvertAll(Pending ?? [], request => request.ToRequest());

    public ApprovalRule[] ToRules() => Array.ConvertAll(ApprovalRules ?? [], rule => rule.ToRule());

    public bool IsLive => Status == "live";
}

/// <summary>A session's last run.</summary>
internal sealed record RunAnswer(string RunId, string Prompt, string? Begin)
{
    public SessionRun ToRun() => new(RunId, Prompt, Cursor.TryParse(Begin, out var begin) ? begin : null);
}

/// <summary>A session in the list of live ones.</summary>
internal sealed record LiveSession([property: JsonConverter(typeof(IdJsonConverter))] string ScopeId, [property: JsonConverter(typeof(IdJsonConverter))] string UserId, string SessionId);

/// <summary>A session in the list of all.</summary>
internal sealed record ListedSession([property: JsonConverter(typeof(IdJsonConverter))] string ScopeId, [property: JsonConverter(typeof(IdJsonConverter))] string UserId, string SessionId, string Title, DateTimeOffset? Changed, bool Live)
{
    public SessionSummary ToSummary() => new(new SessionKey(ScopeId, UserId, SessionId), Title, Changed, Live);
}

/// <summary>A limit, and what is used of it.</summary>
internal sealed record LimitAnswer(string Limit, string? Target, long Allowed, long Used, DateTimeOffset? ResetsAt = null)
{
    public LimitUsage ToUsage() => new(Limit, TargetOf(Target), Allowed, Used, ResetsAt?.ToUniversalTime());

    public static LimitTarget TargetOf(string? target) => target switch { "scope" => LimitTarget.Scope, "session" => LimitTarget.Session, _ => LimitTarget.User };
}
