using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Requests;

/// <summary>What <see cref="RunRequestRules"/> leaves to the routes: the session, and words for a busy one. A rule answers whether it is broken, and null when it is not.</summary>
internal static class RunRules
{
    /// <summary>The request header with the key by which a prompt is known that is sent again.</summary>
    internal const string IdempotencyKeyHeader = "Idempotency-Key";

    /// <summary>Reads the header. The draft of the header has the key in quotes, most senders leave them out.</summary>
    /// <exception cref="InvalidInputException">It breaks the rule.</exception>
    public static string? ReadIdempotencyKey(HttpRequest request)
    {
        var text = request.Headers[IdempotencyKeyHeader].ToString();
        var key = text.Length == 0 ? null : text.Length > 2 && text[0] == '"' && text[^1] == '"' ? text[1..^1] : text;
        return RunRequestRules.IdempotencyKey(key) is { } broken ? throw new InvalidInputException(IdempotencyKeyHeader, broken) : key;
    }

    public static string? Session(string? sessionId) =>
        sessionId is null ? "is required" : SessionKey.IsSessionId(sessionId) ? null : SessionKey.SessionRule;

    public static string? OnBusy(string? word) => word is null or "reject" or "queue" or "replace" or "steer" ? null : "must be 'reject', 'queue', 'replace' or 'steer'";

    /// <summary>What a word that breaks no rule says of a busy session.</summary>
    public static BusySessionBehavior ReadOnBusy(string? word) => word is null ? BusySessionBehavior.Reject : Enum.Parse<BusySessionBehavior>(word, ignoreCase: true);
}
