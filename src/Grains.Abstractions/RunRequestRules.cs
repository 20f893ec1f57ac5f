namespace AgentStream;

/// <summary>The rules of a <see cref="RunRequest"/>, for whoever takes one from a user. The session's grain holds every request to them.</summary>
public static class RunRequestRules
{
    /// <summary>The longest name of an agent, in characters: names are repeated in answers and logs.</summary>
    public const int MaxAgentLength = 128;

    /// <summary>Gets the rule that a prompt breaks: it is given, is not only white space, and has at most <see cref="AgentStreamOptions.MaxPromptLength"/> characters.</summary>
    /// <param name="prompt">The prompt; null when there is none.</param>
    /// <returns>The rule as the rest of a sentence that begins with the field's name, as in "must not be empty or white space"; null when it breaks none.</returns>
    public static string? Prompt(string? prompt) =>
        prompt is null ? "is required"
        : string.IsNullOrWhiteSpace(prompt) ? "must not be empty or white space"
        : prompt.Length > AgentStreamOptions.MaxPromptLength ? $"must not be longer than {AgentStreamOptions.MaxPromptLength} characters, but has {prompt.Length}"
        : null;

    /// <summary>Gets the rule that an agent's name breaks: it has 1 to <see cref="MaxAgentLength"/> characters.</summary>
    /// <param name="agent">The name; null for the agent that was registered first.</param>
    /// <returns>The rule as the rest of a sentence that begins with the field's name; null when it breaks none.</returns>
    public static string? Agent(string? agent) =>
        agent is null or { Length: > 0 and <= MaxAgentLength } ? null : $"must be 1 to {MaxAgentLength} characters";

    /// <summary>The longest idempotency key, in characters.</summary>
    public const int MaxKeyLength = 128;

    /// <summary>How many idempotency keys a session remembers: those of its last prompts that had one.</summary>
    public const int RememberedKeys = 100;

    /// <summary>Gets the rule that an idempotency key breaks: it has 1 to <see cref="MaxKeyLength"/> printable ASCII characters.</summary>
    /// <param name="key">The key; null for none.</param>
    /// <returns>The rule as the rest of a sentence that begins with the field's name; null when it breaks none.</returns>
    public static string? IdempotencyKey(string? key) =>
        key is null || (key.Length is > 0 and <= MaxKeyLength && !key.AsSpan().ContainsAnyExceptInRange('!', '~')) ? null : $"must be 1 to {MaxKeyLength} printable ASCII characters without spaces";

    /// <summary>Refuses an idempotency key that breaks its rule.</summary>
    /// <param name="key">The key; null for none.</param>
    /// <exception cref="InvalidInputException">It does; the exception names the field <c>idempotency_key</c> and the rule.</exception>
    public static void ThrowIfInvalidKey(string? key)
    {
        if (IdempotencyKey(key) is { } broken)
        {
            throw new InvalidInputException("idempotency_key", broken);
        }
    }

    /// <summary>Refuses a prompt that breaks its rule.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <exception cref="InvalidInputException">It does; the exception names the field <c>prompt</c> and the rule.</exception>
    public static void ThrowIfInvalidPrompt(string? prompt)
    {
        if (Prompt(prompt) is { } broken)
        {
            throw new InvalidInputException("prompt", broken);
        }
    }
}
