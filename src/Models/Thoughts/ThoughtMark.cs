using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Thoughts;

/// <summary>
/// Marks thoughts with where they came from, as <c>{field}@{host}</c>. An endpoint that reasons between tool calls wants its thoughts back
/// in the field in which it gave them, and refuses the next request without; any other endpoint may refuse a field that it does not know.
/// What else it gave and wants back follows as JSON: <c>@{host} {"reasoning_details":[...]}</c>. The mark is kept with the history, so it
/// tells the endpoints apart after a restart too.
/// </summary>
/// <param name="endpoint">The endpoint.</param>
/// <param name="model">The model; null when only the endpoint counts.</param>
internal sealed class ThoughtMark(Uri endpoint, string? model = null)
{
    /// <summary>The field that DeepSeek insists on.</summary>
    public const string Insisted = "reasoning_content";

    /// <summary>The fields in which endpoints give thoughts, none of them OpenAI's.</summary>
    public static readonly IReadOnlyList<string> Fields = [Insisted, "reasoning"];

    private const string IdProperty = "id";

    /// <summary>Whose thoughts they are.</summary>
    public string Provider => endpoint.Authority;

    /// <summary>The mark of thoughts that came in a field.</summary>
    public string Of(string field) => $"{field}@{endpoint.Authority}";

    /// <summary>The mark of what else came.</summary>
    public string Of(JsonObject fields) => $"@{endpoint.Authority} {fields.ToJsonString(Json.Compact)}";

    /// <summary>The field in which a thought goes back; null when it is not this endpoint's.</summary>
    public string? FieldOf(TextReasoningContent thought) =>
        Fields.FirstOrDefault(field => thought.ProtectedData == Of(field)) ?? (IsOfImport(thought) ? Property(thought, IdProperty) : null);

    /// <summary>What goes back beside the thoughts' text; empty for nothing, and when it is not this endpoint's.</summary>
    public IEnumerable<KeyValuePair<string, JsonNode?>> FieldsOf(TextReasoningContent thought)
    {
        var start = $"@{endpoint.Authority} ";
        if (thought.ProtectedData is not { } mark || !mark.StartsWith(start, StringComparison.Ordinal))
        {
            return [];
        }

        try
        {
            var fields = JsonObject.Create(Json.Parse(mark[start.Length..])) ?? [];
            return [.. fields.Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return [];
        }
    }

    /// <summary>Whether a thought came in a field, as pydantic-ai writes that down, from any provider.</summary>
    public static bool IsOfField(TextReasoningContent thought, string field) => Property(thought, IdProperty) == field;

    /// <summary>
    /// Pydantic-ai keeps the field as the thought's id and names the provider: <c>deepseek</c>, of <c>api.deepseek.com</c> or any other
    /// endpoint with a model of that name.
    /// </summary>
    private bool IsOfImport(TextReasoningContent thought) =>
        Property(thought, ThoughtFields.Provider) is { Length: > 0 } provider
        && Property(thought, IdProperty) is { } field && Fields.Contains(field)
        && (endpoint.Host.Contains(provider, StringComparison.OrdinalIgnoreCase)
            || model?.Contains(provider, StringComparison.OrdinalIgnoreCase) == true);

    private static string? Property(TextReasoningContent thought, string name) =>
        thought.AdditionalProperties?.GetValueOrDefault(name) as string;
}
