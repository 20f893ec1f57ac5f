using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AgentStream.Messages;

/// <summary>The words of a retry prompt: what the model reads when something that it made could not be taken.</summary>
internal static class RetryText
{
    private const string Request = "\n\nFix the errors and try again.";

    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = JsonValues.MaxDepth };

    public static string Of(RetryPromptPart part)
    {
        if (part.Content.ValueKind != JsonValueKind.Array)
        {
            var said = part.Content.ValueKind == JsonValueKind.String ? part.Content.GetString()! : part.Content.OrNull().GetRawText();
            return part.ToolName is null ? $"Validation feedback:\n{said}{Request}" : said;
        }

        var count = part.Content.GetArrayLength();
        return $"{count} validation error{(count == 1 ? "" : "s")}:\n```json\n{Details(part.Content)}\n```{Request}";
    }

    /// <summary>The error details without <c>ctx</c>, which is for programs.</summary>
    private static string Details(JsonElement errors)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Indented))
        {
            json.WriteStartArray();
            foreach (var error in errors.EnumerateArray())
            {
                if (error.ValueKind != JsonValueKind.Object)
                {
                    error.WriteTo(json);
                    continue;
                }

                json.WriteStartObject();
                foreach (var field in error.EnumerateObject().Where(field => field.Name != "ctx"))
                {
                    field.WriteTo(json);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
