using System.Buffers;
using System.Text.Json;

namespace AgentStream.Messages;

/// <summary>The tools of a client as JSON that is kept: <c>[{"name","description"?,"parameters"?}]</c>, minified. Those that came in have kept the rules.</summary>
internal static class ClientToolJson
{
    public static void Write(Utf8JsonWriter json, IReadOnlyList<ClientTool> tools)
    {
        json.WriteStartArray();
        foreach (var tool in tools)
        {
            json.WriteStartObject();
            json.WriteString(Protocol.Fields.Name, tool.Name);
            if (tool.Description is not null)
            {
                json.WriteString(Protocol.Fields.Description, tool.Description);
            }

            if (tool.Parameters is not null)
            {
                json.WritePropertyName(Protocol.Fields.Parameters);
                JsonElement.Parse(tool.Parameters, JsonValues.Reading).WriteTo(json);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The tools as bytes. Tools that say the same have the same.</summary>
    public static byte[] ToUtf8(IReadOnlyList<ClientTool>? tools)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, JsonValues.Writing);
        Write(json, tools ?? []);
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
