namespace AgentStream.AspNetCore.Requests;

/// <summary>The rules for what a request says of a run. Each answers which rule is broken, or null.</summary>
internal static class RunRules
{
    /// <summary>The longest name of an agent, in characters: names are repeated in answers and logs.</summary>
    internal const int MaxAgentLength = 128;

    public static string? Prompt(string? prompt) =>
        prompt is null ? "is required"
        : string.IsNullOrWhiteSpace(prompt) ? "must not be empty or white space"
        : prompt.Length > AgentStreamOptions.MaxPromptLength ? $"must not be longer than {AgentStreamOptions.MaxPromptLength} characters, but has {prompt.Length}"
        : null;

    public static string? Session(string? sessionId) =>
        sessionId is null ? "is required" : SessionKey.IsSessionId(sessionId) ? null : SessionKey.SessionRule;

    public static string? Agent(string? agent) =>
        agent is null or { Length: > 0 and <= MaxAgentLength } ? null : $"must be 1 to {MaxAgentLength} characters";

    public static string? OnBusy(string? word) => word is null or "reject" or "queue" or "replace" ? null : "must be 'reject', 'queue' or 'replace'";

    /// <summary>What a word that breaks no rule says of a busy session.</summary>
    public static BusySessionBehavior ReadOnBusy(string? word) => word is null ? BusySessionBehavior.Reject : Enum.Parse<BusySessionBehavior>(word, ignoreCase: true);
}
