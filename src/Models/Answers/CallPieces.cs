using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Answers;

/// <summary>
/// The tool calls of an answer, put together from their pieces. OpenAI gives each call an index, and id and name with the first piece only;
/// others repeat the id or the name with each piece, give every call the index 0, or give no index or no id at all.
/// </summary>
internal sealed class CallPieces
{
    private readonly List<Call> _calls = [];

    /// <summary>Takes a piece.</summary>
    public void Take(JsonElement piece)
    {
        var (index, id) = (piece.Number("index"), piece.Text("id"));
        var function = piece.Property("function");
        var name = function?.Text("name");

        var call = Find(index, id, name);
        if (call is null)
        {
            call = new Call(index);
            _calls.Add(call);
        }

        call.Take(id, name, function?.Property("arguments"));
    }

    /// <summary>The calls, whole, in the order in which they began.</summary>
    public IEnumerable<FunctionCallContent> Contents()
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var call in _calls)
        {
            // A result finds its call by the id, so each has one of its own.
            yield return call.ToContent(call.Id is { } id && taken.Add(id) ? id : $"call_{Guid.CreateVersion7():N}");
        }
    }

    private Call? Find(long? index, string? id, string? name) =>
        id is not null ? _calls.FindLast(call => (call.Id ?? id) == id && (index is null || call.Index == index))
        : index is not null ? _calls.FindLast(call => call.Index == index)
        : name is null ? _calls.LastOrDefault()
        : null;

    private sealed class Call(long? index)
    {
        private readonly StringBuilder _name = new();
        private readonly StringBuilder _arguments = new();

        public long? Index { get; } = index;

        public string? Id { get; private set; }

        public void Take(string? id, string? name, JsonElement? arguments)
        {
            Id ??= id;
            if (name is not null && !_name.Equals(name))
            {
                _name.Append(name);
            }

            // Text, by the book; some give the object itself.
            _arguments.Append(arguments?.Text() ?? arguments?.GetRawText());
        }

        public FunctionCallContent ToContent(string id)
        {
            var raw = _arguments.ToString();
            try
            {
                return new FunctionCallContent(id, _name.ToString(), Parse(raw));
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                return new FunctionCallContent(id, _name.ToString()) { Exception = e, RawRepresentation = raw };
            }
        }

        private static Dictionary<string, object?> Parse(string raw)
        {
            if (raw.AsSpan().Trim() is "" or "null")
            {
                return [];
            }

            var json = JsonElement.Parse(raw);
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
}
