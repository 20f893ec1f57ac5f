using System.Text.Json;
using AgentStream.Messages;

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

    /// <summary>The most tools of a client in a request.</summary>
    public const int MaxTools = 64;

    /// <summary>The longest name of a client's tool, in characters: what endpoints take.</summary>
    public const int MaxToolNameLength = 64;

    /// <summary>The most characters that the tools of a request may have, with their descriptions and parameters: they are kept with the run, and sent with each of its requests.</summary>
    public const int MaxToolsLength = 128 * 1024;

    /// <summary>The deepest nesting of a tool's parameters, in levels.</summary>
    public const int MaxToolDepth = 50;

    /// <summary>The most characters that the claims of a request may have, names and values together: a header of HTTP, which brings them, is shorter.</summary>
    public const int MaxClaimsLength = 64 * 1024;

    /// <summary>Refuses claims that are too long.</summary>
    /// <param name="claims">The claims; null for none.</param>
    /// <exception cref="InvalidInputException">They are; the exception names the field <c>claims</c> and the rule.</exception>
    public static void ThrowIfInvalidClaims(IReadOnlyList<UserClaim>? claims)
    {
        if (claims?.Sum(claim => (long)claim.Type.Length + claim.Value.Length) > MaxClaimsLength)
        {
            throw new InvalidInputException("claims", $"must not have more than {MaxClaimsLength} characters in all");
        }
    }

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

    /// <summary>
    /// Refuses tools of a client that break a rule: at most <see cref="MaxTools"/>, with names that endpoints take, each once, with parameters that are a JSON schema of an object, and not longer than
    /// <see cref="MaxToolsLength"/>. Whether a tool of the agent has the name is for the session's grain to say.
    /// </summary>
    /// <param name="tools">The tools; null for none.</param>
    /// <exception cref="InvalidInputException">They do; the exception names the field, such as <c>tools[0].name</c>, and the rule.</exception>
    public static void ThrowIfInvalidTools(IReadOnlyList<ClientTool>? tools)
    {
        if (tools?.Count > MaxTools)
        {
            throw new InvalidInputException(Protocol.Fields.Tools, $"must not be more than {MaxTools}, but are {tools.Count}");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var length = 0L;
        foreach (var (at, tool) in (tools ?? []).Index())
        {
            var field = $"{Protocol.Fields.Tools}[{at}]";
            if (ToolName(tool?.Name) is { } broken)
            {
                throw new InvalidInputException($"{field}.{Protocol.Fields.Name}", broken);
            }

            if (!names.Add(tool!.Name))
            {
                throw new InvalidInputException($"{field}.{Protocol.Fields.Name}", "must not be the name of another tool of the request");
            }

            if (!IsSchemaOfObject(tool.Parameters))
            {
                throw new InvalidInputException($"{field}.{Protocol.Fields.Parameters}", $"must be a JSON schema of an object, nested at most {MaxToolDepth} levels deep");
            }

            length += tool.Name.Length + (tool.Description?.Length ?? 0L) + (tool.Parameters?.Length ?? 0L);
        }

        if (length > MaxToolsLength)
        {
            throw new InvalidInputException(Protocol.Fields.Tools, $"must not have more than {MaxToolsLength} characters in all, but have {length}");
        }
    }

    private static string? ToolName(string? name) =>
        name is { Length: > 0 and <= MaxToolNameLength } && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? null
        : $"must be 1 to {MaxToolNameLength} characters of A-Z a-z 0-9 _ -";

    private static bool IsSchemaOfObject(string? parameters)
    {
        try
        {
            return parameters is null
                || (JsonElement.Parse(parameters, new JsonDocumentOptions { MaxDepth = MaxToolDepth }) is { ValueKind: JsonValueKind.Object } schema
                    && JsonFaults.Of(schema) is null
                    && (!schema.TryGetProperty("type"u8, out var type) || type.ValueEquals("object"u8)));
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }
}
