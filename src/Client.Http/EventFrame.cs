using System.Text.Json;
using AgentStream.Events;

namespace AgentStream.Client.Http;

/// <summary>Reads the <c>data</c> of a frame: <c>{"type","origin","body"}</c>.</summary>
internal static class EventFrame
{
    private static readonly JsonReaderOptions Reading = new() { MaxDepth = Protocol.MaxJsonDepth };

    /// <summary>Reads a frame.</summary>
    /// <param name="data">The frame's data, UTF-8.</param>
    /// <returns>The event, with no cursor yet, its body byte for byte as it came; null when the data is no event.</returns>
    public static StreamEntry? Read(ReadOnlySpan<byte> data)
    {
        try
        {
            return ReadFields(data);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // One entry that is no JSON, written by anyone, must not end the listening.
            return null;
        }
    }

    private static StreamEntry? ReadFields(ReadOnlySpan<byte> data)
    {
        // In a word of the frame's own half a surrogate pair cannot be read either.
        var reader = new Utf8JsonReader(data, Reading);
        string? type = null, origin = null;
        byte[] body = [];
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            switch (name)
            {
                case "type":
                    type = reader.GetString();
                    break;
                case "origin":
                    origin = reader.GetString();
                    break;
                case "body":
                    reader.Skip();
                    body = data[start..(int)reader.BytesConsumed].ToArray();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return type is null ? null : new StreamEntry(default, type, origin ?? "", CleanJson.Of(body));
    }
}
