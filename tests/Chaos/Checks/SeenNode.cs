using System.Text;
using System.Text.Json;

namespace AgentStream.Chaos;

/// <summary>A node as the stream shows it: its last attempt, which supersedes those before.</summary>
internal sealed class SeenNode(int idx)
{
    public int Idx => idx;

    public StringBuilder Thoughts { get; } = new();

    public StringBuilder Words { get; } = new();

    public List<SeenCall> Calls { get; } = [];

    public List<SeenReturn> Returns { get; } = [];

    /// <summary>The kinds of its parts.</summary>
    public List<string> Parts { get; } = [];

    public bool HasAnswer { get; set; }

    /// <summary>Where its <c>llm-end</c> stands among all changes; null while there is none.</summary>
    public long? End { get; set; }

    /// <summary>What it says, for comparisons: thoughts and words.</summary>
    public string Text => $"[{Thoughts}] {Words}";
}

/// <summary>A tool call of a node.</summary>
internal sealed record SeenCall(string Id, string Tool, JsonElement Args);

/// <summary>A tool result that a node's request carries.</summary>
internal sealed record SeenReturn(long Order, string Id, string Content);
