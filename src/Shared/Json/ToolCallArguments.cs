using System.Text;
using System.Text.Json;

namespace AgentStream.Events;

/// <summary>The arguments of a tool call in a history: an object, or its JSON as text.</summary>
internal static class ToolCallArguments
{
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = Protocol.MaxJsonDepth };
    private static readonly JsonElement None = JsonElement.Parse("{}", Reading);

    /// <summary>Reads them.</summary>
    /// <param name="part">The part with the call.</param>
    /// <returns>The arguments; the text itself, where that is no JSON; an empty object for none.</returns>
    public static JsonElement Of(JsonElement part)
    {
        if (!part.TryGetProperty(Protocol.Fields.Args, out var args) || args.ValueKind != JsonValueKind.String)
        {
            return args.ValueKind == JsonValueKind.Undefined ? None : args.Clone();
        }

        try
        {
            // Escaped once more, half of a surrogate pair is not seen before the text is taken apart.
            return JsonElement.Parse(CleanJson.WithoutLoneSurrogates(Encoding.UTF8.GetBytes(args.GetString()!)).Span, Reading);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // The latter two are about half of a surrogate pair.
            return args.Clone();
        }
    }
}
