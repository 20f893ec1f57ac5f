using System.Text.Encodings.Web;
using System.Text.Json;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Chat;

/// <summary>How objects of .NET become JSON: what tools return, calls' arguments, bodies of entries.</summary>
internal static class ChatJson
{
    /// <summary>On one line, readable, and with whatever resolvers the AI libraries have for their types.</summary>
    public static readonly JsonSerializerOptions SerializerOptions = NewSerializerOptions();

    /// <summary>Any value as JSON.</summary>
    /// <exception cref="JsonException">It is nested too deep, or has half of a surrogate pair in it.</exception>
    /// <exception cref="NotSupportedException">It is no data.</exception>
    /// <exception cref="ArgumentException">It has a number that JSON does not have, such as NaN.</exception>
    public static JsonElement ToElement(object? value)
    {
        var json = value as JsonElement? ?? Serialize(value);
        return JsonFaults.Of(json) is { } fault ? throw new JsonException($"It has {fault}.") : json.OrNull();
    }

    private static JsonElement Serialize(object? value)
    {
        try
        {
            return JsonSerializer.SerializeToElement(value, SerializerOptions);
        }
        catch (InvalidOperationException e)
        {
            // The writer's word for what is nested too deep, and for half of a surrogate pair in a JSON value.
            throw new JsonException(e.Message, e);
        }
    }

    private static JsonSerializerOptions NewSerializerOptions()
    {
        var options = new JsonSerializerOptions(AIJsonUtilities.DefaultOptions)
        {
            MaxDepth = JsonValues.MaxValueDepth,
            WriteIndented = false,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        options.MakeReadOnly();
        return options;
    }
}
