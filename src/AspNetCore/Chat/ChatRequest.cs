using System.Text.Json;
using AgentStream.AspNetCore.Edge;
using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Chat;

/// <summary>The body of <c>POST /chat</c>. It is read by hand, so that an error can name the field and the rule.</summary>
/// <param name="Prompt">What the user says.</param>
/// <param name="SessionId">The session; null for a new one.</param>
/// <param name="Agent">The agent; null for the default.</param>
internal sealed record ChatRequest(string Prompt, string? SessionId, string? Agent)
{
    /// <summary>The longest body, in bytes.</summary>
    internal const int MaxBodyLength = 1024 * 1024;

    /// <summary>The longest name of an agent, in characters: names are repeated in answers and logs.</summary>
    internal const int MaxAgentLength = 128;

    /// <summary>Reads and checks the body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The body.</returns>
    /// <exception cref="RefusedException">The body breaks a rule.</exception>
    public static async Task<ChatRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        return Parse(await JsonBody.ReadAsync(request, MaxBodyLength, cancellationToken));
    }

    private static ChatRequest Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return Check(json.RootElement);
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(JsonBody.Field, $"must be JSON, but is not from line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} on");
        }
    }

    private static ChatRequest Check(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException(JsonBody.Field, $"must be a JSON object, but is {Describe(root.ValueKind)}");
        }

        var fields = new FieldReader(root);
        var prompt = fields.Text("prompt", RequiredPrompt);
        var sessionId = fields.Text("session_id", text => text is null || SessionKey.IsSessionId(text) ? null : SessionKey.SessionRule);
        var agent = fields.Text("agent", text => text is null or { Length: > 0 and <= MaxAgentLength } ? null : $"must be 1 to {MaxAgentLength} characters");
        fields.ThrowIfAnyIsWrong();
        return new ChatRequest(prompt!, sessionId, agent);
    }

    private static string? RequiredPrompt(string? prompt) =>
        prompt is null ? "is required"
        : string.IsNullOrWhiteSpace(prompt) ? "must not be empty or white space"
        : prompt.Length > AgentStreamOptions.MaxPromptLength ? $"must not be longer than {AgentStreamOptions.MaxPromptLength} characters, but has {prompt.Length}"
        : null;

    private static string Describe(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };

    // Reads text fields and collects what is wrong with them, so that one answer names every wrong field.
    private sealed class FieldReader(JsonElement root)
    {
        private readonly Dictionary<string, string[]> _errors = [];

        // A field that is null counts as left out.
        public string? Text(string name, Func<string?, string?> check)
        {
            var present = root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;
            if (present && value.ValueKind != JsonValueKind.String)
            {
                _errors[name] = [$"must be a string, but is {Describe(value.ValueKind)}"];
                return null;
            }

            try
            {
                var text = present ? value.GetString() : null;
                if (check(text) is { } broken)
                {
                    _errors[name] = [broken];
                }

                return text;
            }
            catch (InvalidOperationException)
            {
                // The bytes are valid UTF-8, so what is left is an escape such as \ud800 without its other half.
                _errors[name] = ["must not contain half of a surrogate pair"];
                return null;
            }
        }

        public void ThrowIfAnyIsWrong()
        {
            if (_errors.Count > 0)
            {
                throw RefusedException.Invalid(_errors);
            }
        }
    }
}
