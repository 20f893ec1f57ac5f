using System.Text.Json;

namespace AgentStream.Testing;

/// <summary>A tool call of a run.</summary>
/// <param name="Name">The tool's name.</param>
/// <param name="CallId">The call's id.</param>
/// <param name="Arguments">The arguments: a JSON object.</param>
/// <param name="Result">The result: any JSON. What went wrong is a text. Null when the run has none: it was canceled, or the call waits for an approval.</param>
public sealed record RecordedToolCall(string Name, string CallId, JsonElement Arguments, JsonElement? Result)
{
    /// <summary>Gets the result as text: a JSON string without its quotes, and anything else as JSON. Null when there is none.</summary>
    public string? ResultText => Result is { } result ? result.ValueKind == JsonValueKind.String ? result.GetString() : result.GetRawText() : null;
}
