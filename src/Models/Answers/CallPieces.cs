using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Answers;

/// <summary>
/// The tool calls of an answer, put together from their pieces. OpenAI gives each call an index, and id and name with the first piece only;
/// others repeat the id or the name with each piece or make a new id each time, give every call the index 0, or give no index or no id at
/// all. So what counts is the index, and which of its calls still lacks something: an id decides only where there is no index.
/// </summary>
/// <param name="provider">Whose calls these are.</param>
/// <param name="tools">The names of the tools that were offered.</param>
internal sealed class CallPieces(string provider, IReadOnlySet<string> tools)
{
    private readonly List<CallInPieces> _calls = [];
    private int _chunk;

    /// <summary>Whether there are calls.</summary>
    public bool HasAny => _calls.Count > 0;

    /// <summary>How many there are: at most one more than <see cref="AnswerLimits.Calls"/>.</summary>
    public int Count => _calls.Count;

    /// <summary>How many characters they have.</summary>
    public long Length { get; private set; }

    /// <summary>Another chunk begins. Two calls that are named in one chunk are two, whatever else they have in common.</summary>
    public void BeginChunk() => _chunk++;

    /// <summary>Takes a piece.</summary>
    public void Take(JsonElement piece)
    {
        if (_calls.Count > AnswerLimits.Calls)
        {
            return;
        }

        var function = piece.Property("function") ?? piece;
        var arguments = function.Property("arguments") is { } given ? given.Text() ?? given.GetRawText() : "";
        var (index, id, name) = (piece.Number("index"), piece.Text("id"), function.Text("name"));
        var call = name is null ? Continued(index, id, arguments) : Named(index, id, name, arguments);
        if (call is null)
        {
            call = new CallInPieces(index);
            _calls.Add(call);
        }

        Length += call.Take(id, name, arguments, piece, _chunk);
    }

    /// <summary>The calls, whole, in the order in which they began.</summary>
    public IEnumerable<FunctionCallContent> Contents()
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var call in _calls.Where(call => !call.IsReplaced))
        {
            // A result finds its call by the id, so each has one of its own.
            yield return call.ToContent(call.Id is { } id && taken.Add(id) ? id : $"call_{Guid.CreateVersion7():N}", provider);
        }
    }

    /// <summary>The call that a piece without a name is more of; null for none.</summary>
    private CallInPieces? Continued(long? index, string? id, string arguments)
    {
        var own = index is null ? null : _calls.FindLast(call => call.Index == index);
        own ??= id is null || index is not null ? null : _calls.FindLast(call => call.Id == id);
        if (own is not null && !(own.Scan.IsWhole && Begins(arguments)))
        {
            return own;
        }

        // It begins an object, and its own call has one: it belongs to a call that has none yet. Without any, it spoils its own, or is a
        // call without a name.
        return _calls.FindLast(call => !call.Scan.IsWhole) ?? own ?? (string.IsNullOrWhiteSpace(arguments) ? _calls.LastOrDefault() : null);
    }

    /// <summary>The call that a piece with a name is more of; null when it begins another.</summary>
    private CallInPieces? Named(long? index, string? id, string name, string arguments)
    {
        var open = index is not null ? _calls.FindLast(call => call.Index == index)
            : _calls.FindLast(call => call.Id is not null && call.Id == id && !call.Scan.IsWhole) ?? _calls.LastOrDefault();
        if (open is null || open.LastChunk == _chunk)
        {
            return null;
        }

        var (isOther, isBlank) = (id is not null && open.Id is not null && id != open.Id, string.IsNullOrWhiteSpace(arguments));
        if (open.Name.Length == 0)
        {
            return open.Scan.IsWhole && !isBlank ? null : open;
        }

        if (open.Scan.IsWhole)
        {
            // The name once more, and nothing else.
            return name == open.Name && !isOther && isBlank ? open : null;
        }

        if (open.Scan.HasBegun)
        {
            return name == open.Name && !(index is null && isOther && Begins(arguments)) ? open : null;
        }

        if (name == open.Name && isOther)
        {
            // A new id for the same call, or a second call of a tool without arguments: that shows when the arguments have come.
            return Replaced(open, index);
        }

        var isMore = name.StartsWith(open.Name, StringComparison.Ordinal) || (!isOther && IsNamePiece(open.Name, name));
        return isMore ? open : null;
    }

    private CallInPieces Replaced(CallInPieces open, long? index)
    {
        var call = new CallInPieces(index);
        open.ReplacedBy = call;
        _calls.Add(call);
        return call;
    }

    private static bool Begins(string arguments) => arguments.AsSpan().TrimStart() is ['{', ..];

    // Where both are tools that were offered, they are two calls.
    private bool IsNamePiece(string known, string name) => !(tools.Contains(known) && tools.Contains(name));
}
