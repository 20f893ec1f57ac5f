namespace AgentStream.Models.Endpoint;

/// <summary>
/// Marks thoughts with where they came from, as <c>{field}@{host}</c>. An endpoint that reasons between tool calls wants its thoughts back
/// in the field in which it gave them, and refuses the next request without; any other endpoint may refuse a field that it does not know.
/// The mark is kept with the history, so it tells the two apart after a restart too.
/// </summary>
internal sealed class ThoughtMark(Uri endpoint)
{
    /// <summary>The fields in which endpoints give thoughts, none of them OpenAI's.</summary>
    public static readonly IReadOnlyList<string> Fields = ["reasoning_content", "reasoning"];

    /// <summary>The mark of thoughts that came in a field.</summary>
    public string Of(string field) => $"{field}@{endpoint.Authority}";

    /// <summary>The field in which marked thoughts go back; null when they are not this endpoint's.</summary>
    public string? FieldOf(string? mark) => mark is null ? null : Fields.FirstOrDefault(field => mark == Of(field));
}
