using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace AgentStream.Messages;

/// <summary>
/// Finds what keeps JSON out of a history: nesting beyond the bound, half of a surrogate pair (which cannot be written again), and what is
/// no JSON at all.
/// </summary>
internal static class JsonFaults
{
    private const string HalfCharacter = "text with half of a surrogate pair";

    private static readonly string Depth = $"values nested deeper than {JsonValues.MaxValueDepth} levels";

    /// <summary>What a call's arguments or a tool's result has that it must not have; null for nothing.</summary>
    public static string? Of(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            return null;
        }

        var reader = new Utf8JsonReader(JsonMarshal.GetRawUtf8Value(value), new JsonReaderOptions { MaxDepth = JsonValues.MaxValueDepth });
        try
        {
            while (reader.Read())
            {
                if (IsHalf(ref reader))
                {
                    return HalfCharacter;
                }
            }

            return null;
        }
        catch (JsonException)
        {
            return Depth;
        }
    }

    /// <summary>What the text of a call's arguments has that it must not have; null for nothing, and for what is just no JSON.</summary>
    public static string? OfText(string json)
    {
        try
        {
            return Of(JsonElement.Parse(json, JsonValues.Reading));
        }
        catch (ArgumentException)
        {
            return HalfCharacter;
        }
        catch (JsonException)
        {
            return IsDeep(json) ? Depth : HasOddNumber(json) ? "NaN or Infinity, which are no JSON" : null;
        }
    }

    /// <summary>Refuses a document that cannot be kept, naming the place.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="root">What errors call the document.</param>
    /// <exception cref="InvalidInputException">It is no JSON, is nested too deep, or has half of a surrogate pair in it.</exception>
    public static void Refuse(ReadOnlySpan<byte> json, string root)
    {
        // The depth is counted here, so that the place can be named.
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        var path = new JsonPath(root);
        try
        {
            while (reader.Read())
            {
                path.Follow(ref reader);
                if (path.Depth > JsonValues.MaxDepth)
                {
                    throw new InvalidInputException(path.ToString(json), $"must be JSON, at most {JsonValues.MaxDepth} levels deep");
                }

                if (IsHalf(ref reader))
                {
                    throw new InvalidInputException(
                        path.ToString(json), $"must be text, but the string at byte {reader.TokenStartIndex} has half of a surrogate pair");
                }
            }
        }
        catch (JsonException e)
        {
            var isNumber = IsOddNumber(json[(int)reader.BytesConsumed..].TrimStart(" \t\r\n:,"u8));
            throw isNumber
                ? new InvalidInputException(path.ToNext(json), "must be JSON, which has neither NaN nor Infinity")
                : new InvalidInputException(root, $"must be JSON, at most {JsonValues.MaxDepth} levels deep: {e.Message}");
        }
    }

    private static bool IsHalf(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped)
        {
            return false;
        }

        try
        {
            reader.GetString();
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    private static bool IsDeep(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json), new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth >= JsonValues.MaxValueDepth)
                {
                    return true;
                }
            }
        }
        catch (JsonException)
        {
            // No JSON is not too deep.
        }

        return false;
    }

    /// <summary>Whether a text would be JSON but for its NaN or Infinity, as Python writes them.</summary>
    private static bool HasOddNumber(string json)
    {
        var (text, within, changed) = (new StringBuilder(json.Length), false, false);
        for (var i = 0; i < json.Length; i++)
        {
            var c = json[i];
            if (within && c == '\\' && i + 1 < json.Length)
            {
                text.Append(c).Append(json[++i]);
                continue;
            }

            within ^= c == '"';
            if (!within && OddNumber(json.AsSpan(i)) is { Length: > 0 } number)
            {
                text.Append('0');
                (i, changed) = (i + number.Length - 1, true);
                continue;
            }

            text.Append(c);
        }

        try
        {
            return changed && JsonElement.Parse(text.ToString(), JsonValues.Reading).ValueKind != JsonValueKind.Undefined;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string? OddNumber(ReadOnlySpan<char> text) =>
        text.StartsWith("NaN") ? "NaN" : text.StartsWith("Infinity") ? "Infinity" : text.StartsWith("-Infinity") ? "-Infinity" : null;

    private static bool IsOddNumber(ReadOnlySpan<byte> json) =>
        json.StartsWith("NaN"u8) || json.StartsWith("Infinity"u8) || json.StartsWith("-Infinity"u8);
}
