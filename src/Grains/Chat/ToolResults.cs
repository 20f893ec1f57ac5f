using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Chat;

/// <summary>
/// What a tool returned, as the journal, the stream and the model get it: no longer than the agent's limit, with notes in the place of
/// data that the model cannot take.
/// </summary>
/// <param name="maxBytes">The most bytes of UTF-8; what is longer is cut, and the model is told.</param>
/// <param name="takes">Whether the model takes data in a tool's result.</param>
internal sealed class ToolResults(int maxBytes, Func<AIContent, bool> takes)
{
    /// <summary>What a tool returned, as JSON.</summary>
    /// <exception cref="JsonException">It is nested too deep, or has half of a surrogate pair in it.</exception>
    /// <exception cref="NotSupportedException">It is no data.</exception>
    /// <exception cref="ArgumentException">It has a number that JSON does not have, such as NaN.</exception>
    public JsonElement Of(object? result) => result switch
    {
        null => JsonValues.Null,
        JsonElement json => Fit(json),
        string text => Text(Cut(DataInResults.Replace(text))),
        AIContent content => OfContents([content]),
        IEnumerable<AIContent> contents => OfContents(contents),
        byte[] data => Text(ContentNotes.OfData(null, data.LongLength)),
        ReadOnlyMemory<byte> data => Text(ContentNotes.OfData(null, data.Length)),
        Memory<byte> data => Text(ContentNotes.OfData(null, data.Length)),
        _ => Serialize(result),
    };

    /// <summary>A result that is JSON already, of a history of others for one.</summary>
    /// <inheritdoc cref="Of" path="/exception"/>
    public JsonElement Fit(JsonElement result)
    {
        if (JsonFaults.Of(result) is { } fault)
        {
            throw new JsonException($"It has {fault}.");
        }

        var noted = DataInResults.Replace(result.OrNull(), takes);
        if (JsonMarshal.GetRawUtf8Value(noted).Length <= maxBytes)
        {
            return noted;
        }

        // A string is measured as the model reads it, without its escapes; nothing else has a text of its own.
        noted = DataInResults.Replace(noted, _ => false);
        var text = noted.ValueKind == JsonValueKind.String ? noted.GetString()! : DataInResults.Compact(noted);
        return Encoding.UTF8.GetByteCount(text) <= maxBytes ? noted : Text(Cut(text));
    }

    private JsonElement OfContents(IEnumerable<AIContent> contents)
    {
        var given = contents.Where(content => content is not UsageContent).ToList();
        if (given.Exists(content => content is DataContent && takes(content)))
        {
            var items = given.ConvertAll(
                content => content is DataContent data && takes(data) ? DataInResults.ToJson(data) : Text(Words(content)));
            var json = items.Count == 1 ? items[0] : ChatJson.ToElement(items);
            if (JsonMarshal.GetRawUtf8Value(json).Length <= maxBytes)
            {
                return json;
            }
        }

        return Text(Cut(string.Join('\n', given.Select(Words))));
    }

    private static string Words(AIContent content) => content switch
    {
        TextContent text => DataInResults.Replace(text.Text),
        TextReasoningContent thought => thought.Text,
        ErrorContent error => error.Message,
        _ => ContentNotes.Of(content) ?? $"[{content.GetType().Name}]",
    };

    private JsonElement Serialize(object result)
    {
        using var json = new BoundedStream(maxBytes);
        try
        {
            JsonSerializer.Serialize(json, result, result.GetType(), ChatJson.SerializerOptions);
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException(e.Message, e);
        }
        catch (BoundedStream.FullException)
        {
            // It may have no end: what is there says enough.
        }

        if (!json.IsCut)
        {
            return Fit(JsonElement.Parse(json.Bytes, JsonValues.Reading));
        }

        var text = json.Text(out var kept);
        return Text(DataInResults.Replace(text) + Note(json.Length - kept, json.Length, json.IsFull));
    }

    private string Cut(string text)
    {
        // No character has more bytes than this in UTF-8.
        const int MostBytes = 3;
        if (text.Length <= maxBytes / MostBytes || Encoding.UTF8.GetByteCount(text) is var all && all <= maxBytes)
        {
            return text;
        }

        var (length, kept) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (kept + rune.Utf8SequenceLength > maxBytes)
            {
                break;
            }

            (length, kept) = (length + rune.Utf16SequenceLength, kept + rune.Utf8SequenceLength);
        }

        return text[..length] + Note(all - kept, all, isMore: false);
    }

    private static string Note(long cut, long all, bool isMore) => string.Create(
        CultureInfo.InvariantCulture,
        $"\n[The result was too long and was cut here: {cut:N0} of {all:N0} bytes are missing{(isMore ? ", and more" : "")}.]");

    private static JsonElement Text(string? text) => ChatJson.ToElement(text ?? "");
}
