using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using AgentStream.Models.Thoughts;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Answers;

/// <summary>A tool call, as far as its pieces have come.</summary>
/// <param name="index">Its place among the calls, as the endpoint counts; null where it does not.</param>
internal sealed class CallInPieces(long? index)
{
    private static readonly HashSet<string> OwnFields = ["index", "id", "type", "function", "name", "arguments"];

    private readonly StringBuilder _arguments = new();
    private readonly Dictionary<string, JsonElement> _rest = new(StringComparer.Ordinal);

    public long? Index { get; } = index;

    public string? Id { get; private set; }

    public string Name { get; private set; } = "";

    /// <summary>How far the arguments have come.</summary>
    public JsonScan Scan { get; } = new();

    /// <summary>The chunk that had its last piece.</summary>
    public int LastChunk { get; private set; }

    /// <summary>The call of the same name that came under another id before this one had arguments.</summary>
    public CallInPieces? ReplacedBy { get; set; }

    /// <summary>Whether it was only the beginning of another.</summary>
    public bool IsReplaced => !Scan.HasBegun && ReplacedBy is { } other && (other.Scan.HasBegun || other.IsReplaced);

    /// <summary>Takes a piece.</summary>
    /// <returns>How many characters it has that are kept.</returns>
    public long Take(string? id, string? name, string arguments, JsonElement piece, int chunk)
    {
        Id ??= id;
        LastChunk = chunk;
        if (name is not null && name != Name)
        {
            // In pieces, or all of it so far.
            Name = name.StartsWith(Name, StringComparison.Ordinal) ? name : Name + name;
        }

        _arguments.Append(arguments);
        Scan.Take(arguments);
        long rest = Keep(piece, "");
        if (piece.Property("function") is { } function)
        {
            rest += Keep(function, ThoughtFields.FunctionPrefix);
        }

        return (id?.Length ?? 0) + (name?.Length ?? 0) + arguments.Length + rest;
    }

    public FunctionCallContent ToContent(string id, string provider)
    {
        var raw = _arguments.ToString();
        FunctionCallContent content;
        try
        {
            content = new FunctionCallContent(id, Name, Parse(raw));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            content = new FunctionCallContent(id, Name) { Exception = e, RawRepresentation = raw };
        }

        if (_rest.Count > 0)
        {
            content.AdditionalProperties = new() { [ThoughtFields.Provider] = provider };
            foreach (var (name, value) in _rest)
            {
                content.AdditionalProperties[name] = value;
            }
        }

        return content;
    }

    /// <summary>
    /// What else an endpoint gives with a call it may want to see again: Gemini refuses a call without its thought signature.
    /// </summary>
    /// <returns>How long it is.</returns>
    private int Keep(JsonElement json, string prefix)
    {
        var length = 0;
        foreach (var field in json.EnumerateObject())
        {
            if (field.Value.ValueKind != JsonValueKind.Null && !OwnFields.Contains(field.Name))
            {
                var value = field.Value.Alone();
                _rest[prefix + field.Name] = value;
                length += field.Name.Length + JsonMarshal.GetRawUtf8Value(value).Length;
            }
        }

        return length;
    }

    private static Dictionary<string, object?> Parse(string raw)
    {
        if (raw.AsSpan().Trim() is "" or "null")
        {
            return [];
        }

        var json = Json.Parse(raw);
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"they are JSON of the kind {json.ValueKind}.");
        }

        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var argument in json.EnumerateObject())
        {
            arguments[argument.Name] = argument.Value;
        }

        return arguments;
    }
}
