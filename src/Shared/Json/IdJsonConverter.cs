using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentStream;

/// <summary>Writes the id of a scope or a user: as a number when it is one, as programs of other languages expect it, else as text. Reads both.</summary>
internal sealed class IdJsonConverter : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString()!,
        JsonTokenType.Number when reader.TryGetInt64(out var number) => Text(number),
        _ => throw new JsonException("An id is a text or a whole number."),
    };

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options)
    {
        // 007 is not the number 7.
        if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && Text(number) == value)
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteStringValue(value);
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
