using System.Text.Json;

namespace AgentStream.Events;

/// <summary>Something that happened in a node: in one request to the model, or its response.</summary>
public abstract record NodeEvent : AgentEvent
{
    private protected NodeEvent(StreamEntry source, int node)
        : base(source) => Node = node;

    /// <summary>The node's number in its run, from 0.</summary>
    public int Node { get; }
}

/// <summary>A node begins. For a number that was there before, it supersedes that node and those after it: the node was started anew after a crash.</summary>
/// <param name="Source">The event as it stands in the stream.</param>
/// <param name="Node">The node's number in its run, from 0.</param>
public sealed record NodeBegan(StreamEntry Source, int Node) : NodeEvent(Source, Node);

/// <summary>The result of a tool call of an earlier node, as this node's request tells it to the model.</summary>
/// <param name="Source">The event as it stands in the stream.</param>
/// <param name="Node">The node's number in its run, from 0.</param>
/// <param name="Name">The tool's name.</param>
/// <param name="CallId">The call's id.</param>
/// <param name="Content">The result: any JSON. What went wrong is a text.</param>
public sealed record ToolReturned(StreamEntry Source, int Node, string Name, string CallId, JsonElement Content) : NodeEvent(Source, Node);

/// <summary>A text begins.</summary>
/// <param name="Source">The event as it stands in the stream.</param>
/// <param name="Node">The node's number in its run, from 0.</param>
/// <param name="Part">The part's number in its node, from 0.</param>
/// <param name="Text">Its first chunk.</param>
public sealed record TextStarted(StreamEntry Source, int Node, int Part, string Text) : NodeEvent(Source, Node);

/// <summary>A text continues.</summary>
/// <param name="Source">The event as it stands in the stream.</param>
/// <param name="Node">The node's number in its run, from 0.</param>
/// <param name="Part">The part's number in its node, from 0.</param>
/// <param name="Text">Its next chunk.</param>
public sealed record TextDelta(StreamEntry Source, int Node, int Part, string Text) : NodeEvent(Source, Node);

/// <summary>A thought begins.</summary>
/// <param name="Source">The event as it stands in the stream.</param>
/// <param name="Node">The node's number in its run, from 0.</param>
/// <param name="Part">The part's number in its node, from 0.</param>
/// <param name="Text">Its first chunk.</param>
public sealed record ThinkingStarted(StreamEntry Source, int Node, int Part, string Text) : NodeEvent(Source, Node);

/// <summary>A thought continues.</summary>
/// <param name="Source">The event as it stands in the stream.</param>
/// <param name="Node">The node's number in its run, from 0.</param>
/// <param name="Part">The part's number in its node, from 0.</param>
/// <param name="Text">Its next chunk.</param>
public sealed record ThinkingDelta(StreamEntry Source, int Node, int Part, string Text) : NodeEvent(Source, Node);

/// <summary>The node's first text has begun: once in a node, straight behind that text's <see cref="TextStarted"/>.</summary>
/// <param name="Source">The event as it stands in the stream.</param>
/// <param name="Node">The node's number in its run, from 0.</param>
public sealed record AnswerBegan(StreamEntry Source, int Node) : NodeEvent(Source, Node);

/// <summary>The model calls a tool; the arguments are complete.</summary>
/// <param name="Source">The event as it stands in the stream.</param>
/// <param name="Node">The node's number in its run, from 0.</param>
/// <param name="Part">The part's number in its node, from 0.</param>
/// <param name="Name">The tool's name.</param>
/// <param name="CallId">The call's id, by which its result is known.</param>
/// <param name="Arguments">The arguments: a JSON object.</param>
public sealed record ToolCalled(StreamEntry Source, int Node, int Part, string Name, string CallId, JsonElement Arguments) : NodeEvent(Source, Node);

/// <summary>A node's response is complete.</summary>
/// <param name="Source">The event as it stands in the stream.</param>
/// <param name="Node">The node's number in its run, from 0.</param>
public sealed record NodeEnded(StreamEntry Source, int Node) : NodeEvent(Source, Node);
