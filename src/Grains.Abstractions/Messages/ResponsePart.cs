using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace AgentStream.Messages;

/// <summary>A part of a response.</summary>
public abstract record ResponsePart : MessageElement;

/// <summary>Text.</summary>
/// <param name="Content">The text.</param>
public sealed record TextPart(string Content) : ResponsePart
{
    /// <summary>The id that the provider gave it, where it gave one.</summary>
    public string? Id { get; init; }
}

/// <summary>What the model thought.</summary>
/// <param name="Content">The text.</param>
/// <param name="Signature">What the provider wants to see again with it, opaque to us.</param>
public sealed record ThinkingPart(string Content, string? Signature = null) : ResponsePart
{
    /// <summary>The id that the provider gave it, where it gave one.</summary>
    public string? Id { get; init; }

    /// <summary>The provider whose signature it is, where that is known.</summary>
    public string? ProviderName { get; init; }

    /// <summary>What else the provider gave with the thought and may want to see again: a JSON object.</summary>
    public JsonElement? ProviderDetails { get; init; }
}

/// <summary>A tool call.</summary>
/// <param name="ToolName">The tool.</param>
/// <param name="ToolCallId">The call's id, unique within the response; empty where an older history does not say.</param>
/// <param name="Args">The arguments as they stand in the history: a JSON object, a string with the text of one, or null for none.</param>
public sealed record ToolCallPart(string ToolName, string ToolCallId, JsonElement Args) : ResponsePart
{
    /// <summary>The id that the provider gave the part, where it gave one.</summary>
    public string? Id { get; init; }

    /// <summary>
    /// What is wrong with the arguments as the model wrote them, where only the chat client saw that; null otherwise.
    /// <see cref="TryGetArguments"/> knows of it.
    /// </summary>
    public string? ArgsError { get; init; }

    /// <summary>The provider that gave the call and <see cref="ProviderDetails"/> with it, where that is known.</summary>
    public string? ProviderName { get; init; }

    /// <summary>What else the provider gave with the call and may want to see again, a JSON object: Gemini's thought signature, for one.</summary>
    public JsonElement? ProviderDetails { get; init; }

    /// <summary>Reads the arguments.</summary>
    /// <param name="arguments">A JSON object; an empty one when they are none.</param>
    /// <param name="error">What is wrong with them, for the model, to which such a call goes back.</param>
    /// <returns>True if they are a JSON object, or absent.</returns>
    public bool TryGetArguments(out JsonElement arguments, [NotNullWhen(false)] out string? error)
    {
        (arguments, error) = (JsonValues.EmptyObject, ArgsError);
        if (error is not null)
        {
            return false;
        }

        var args = Args;
        if (args.ValueKind == JsonValueKind.String)
        {
            try
            {
                var text = args.GetString()!;
                args = string.IsNullOrWhiteSpace(text) ? JsonValues.EmptyObject : JsonElement.Parse(text, JsonValues.Reading);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
            {
                // The latter two are about half of a surrogate pair.
                error = e.Message;
                return false;
            }
        }

        if (JsonFaults.Of(args) is { } fault)
        {
            error = $"They have {fault}.";
            return false;
        }

        switch (args.ValueKind)
        {
            case JsonValueKind.Object:
                arguments = args;
                return true;
            case JsonValueKind.Undefined or JsonValueKind.Null:
                return true;
            default:
                error = $"They are of the JSON type {args.ValueKind}.";
                return false;
        }
    }
}

/// <summary>A file that the model made.</summary>
/// <param name="Content">The file.</param>
public sealed record FilePart(BinaryContent Content) : ResponsePart
{
    /// <summary>The id that the provider gave it, where it gave one.</summary>
    public string? Id { get; init; }
}

/// <summary>A part of a kind that is not known here (what a provider's own tools did, for one); it is kept as it came.</summary>
/// <param name="Json">The part.</param>
public sealed record UnknownResponsePart(JsonElement Json) : ResponsePart;
