using System.Text;
using System.Text.Json;

namespace AgentStream.Events;

/// <summary>Something that a <see cref="Transcript"/> shows: a node, or a word from beside the model.</summary>
public abstract class TranscriptItem
{
    private protected TranscriptItem()
    {
    }
}

/// <summary>One request to the model and its response.</summary>
public sealed class TranscriptNode : TranscriptItem
{
    private readonly List<ToolReturn> _returns = [];
    private readonly List<TranscriptPart> _parts = [];

    internal TranscriptNode(int number) => Number = number;

    /// <summary>The node's number, from 0.</summary>
    public int Number { get; }

    /// <summary>What the user said in the node's request. Null for all nodes of a stream, which does not tell prompts.</summary>
    public string? Prompt { get; internal set; }

    /// <summary>The results of earlier tool calls that the request carries.</summary>
    public IReadOnlyList<ToolReturn> Returns => _returns;

    /// <summary>The parts of the response, in order.</summary>
    public IReadOnlyList<TranscriptPart> Parts => _parts;

    /// <summary>Whether the response is complete.</summary>
    public bool IsEnded { get; internal set; }

    /// <summary>The response's texts in one.</summary>
    public string Text => string.Concat(_parts.OfType<TextPart>().Select(part => part.Text));

    internal void Add(ToolReturn result) => _returns.Add(result);

    internal void Add(TranscriptPart part)
    {
        _parts.RemoveAll(known => known.Number == part.Number);
        _parts.Add(part);
    }
}

/// <summary>An <c>info</c>, or an <c>error</c>.</summary>
/// <param name="isError">Whether it is an <c>error</c>.</param>
/// <param name="body">What is said.</param>
public sealed class TranscriptNote(bool isError, JsonElement body) : TranscriptItem
{
    /// <summary>Whether it is an <c>error</c>.</summary>
    public bool IsError { get; } = isError;

    /// <summary>What is said: any JSON.</summary>
    public JsonElement Body { get; } = body;
}

/// <summary>A part of a response.</summary>
public abstract class TranscriptPart
{
    private protected TranscriptPart(int number) => Number = number;

    /// <summary>The part's number in its node, from 0.</summary>
    public int Number { get; }
}

/// <summary>A part that grows chunk by chunk.</summary>
public abstract class GrowingPart : TranscriptPart
{
    private readonly StringBuilder _text;

    private protected GrowingPart(int number, string start)
        : base(number) => _text = new StringBuilder(start);

    /// <summary>All of it, so far.</summary>
    public string Text => _text.ToString();

    internal void Append(string chunk) => _text.Append(chunk);
}

/// <summary>A text.</summary>
public sealed class TextPart : GrowingPart
{
    internal TextPart(int number, string start)
        : base(number, start)
    {
    }
}

/// <summary>A thought.</summary>
public sealed class ThinkingPart : GrowingPart
{
    internal ThinkingPart(int number, string start)
        : base(number, start)
    {
    }
}

/// <summary>A tool call; <see cref="Transcript.ResultOf"/> has its result.</summary>
public sealed class ToolCallPart : TranscriptPart
{
    internal ToolCallPart(int number, string name, string callId, JsonElement arguments)
        : base(number) => (Name, CallId, Arguments) = (name, callId, arguments);

    /// <summary>The tool's name.</summary>
    public string Name { get; }

    /// <summary>The call's id.</summary>
    public string CallId { get; }

    /// <summary>The arguments: a JSON object, as a rule.</summary>
    public JsonElement Arguments { get; }
}

/// <summary>The result of a tool call.</summary>
/// <param name="Name">The tool's name.</param>
/// <param name="CallId">The call's id.</param>
/// <param name="Content">The result: any JSON.</param>
public sealed record ToolReturn(string Name, string CallId, JsonElement Content);
