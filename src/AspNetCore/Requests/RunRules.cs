namespace AgentStream.AspNetCore.Requests;

/// <summary>What <see cref="RunRequestRules"/> leaves to the routes: the session, and words for a busy one. A rule answers whether it is broken, and null when it is not.</summary>
internal static class RunRules
{
    public static string? Session(string? sessionId) =>
        sessionId is null ? "is required" : SessionKey.IsSessionId(sessionId) ? null : SessionKey.SessionRule;

    public static string? OnBusy(string? word) => word is null or "reject" or "queue" or "replace" ? null : "must be 'reject', 'queue' or 'replace'";

    /// <summary>What a word that breaks no rule says of a busy session.</summary>
    public static BusySessionBehavior ReadOnBusy(string? word) => word is null ? BusySessionBehavior.Reject : Enum.Parse<BusySessionBehavior>(word, ignoreCase: true);
}
