using System.Text.Json;
using System.Text.Json.Serialization;
using AgentStream.Messages;

namespace AgentStream.Storage.Journal;

/// <summary>Reads the tools of a client that were kept with a prompt.</summary>
internal static class KeptTools
{
    public static IReadOnlyList<ClientTool> Read(JsonPlace tools) => tools.IsMissing
        ? []
        :
        [
            .. tools.Items().Select(tool => new ClientTool(
                tool.Object().Field(Protocol.Fields.Name).Text(),
                tool.Field(Protocol.Fields.Description).TextOrNull(),
                tool.Field(Protocol.Fields.Parameters).JsonOrNull()?.GetRawText())),
        ];
}

/// <summary>The same for prompts that wait.</summary>
internal sealed class KeptToolsConverter : JsonConverter<IReadOnlyList<ClientTool>>
{
    public override IReadOnlyList<ClientTool> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return KeptTools.Read(JsonPlace.Root(JsonElement.ParseValue(ref reader), Protocol.Fields.Tools));
        }
        catch (InvalidInputException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<ClientTool> value, JsonSerializerOptions options) => ClientToolJson.Write(writer, value);
}
