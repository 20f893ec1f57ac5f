using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Chat;

/// <summary>How much of a response a content is: texts count by their characters, data by its bytes, anything else by the bytes of its JSON.</summary>
internal static class ContentLength
{
    /// <summary>The length of a content, with what its provider gives with it.</summary>
    public static long Of(AIContent content) => content switch
    {
        TextContent text => text.Text.Length,
        TextReasoningContent thought => thought.Text.Length + Of(thought.ProtectedData) + Of(thought.AdditionalProperties),
        FunctionCallContent call => Of(call.Name) + Of(call.CallId) + Of(call.Exception?.Message) + Of(call.Arguments) + Of(call.AdditionalProperties),
        DataContent data => data.Data.Length + Of(data.MediaType),
        _ => 0,
    };

    private static long Of(IEnumerable<KeyValuePair<string, object?>>? values) => values?.Sum(pair => pair.Key.Length + Of(pair.Value)) ?? 0;

    private static long Of(object? value)
    {
        switch (value)
        {
            case null:
                return 0;
            case string text:
                return text.Length;
            case JsonElement { ValueKind: not JsonValueKind.Undefined } json:
                return JsonMarshal.GetRawUtf8Value(json).Length;
        }

        using var counted = new BoundedStream(0);
        try
        {
            JsonSerializer.Serialize(counted, value, value.GetType(), ChatJson.SerializerOptions);
        }
        catch (Exception e) when (e is BoundedStream.FullException or JsonException or NotSupportedException or ArgumentException or InvalidOperationException)
        {
            // It is longer than any answer, or what came of it so far: it will not be kept.
        }

        return counted.Length;
    }
}
