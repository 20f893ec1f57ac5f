using System.Text;
using System.Text.Json;
using AgentStream.Grains.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Runs;

/// <summary>A part of a response while it still streams.</summary>
internal sealed class OpenPart(string kind)
{
    private readonly StringBuilder _content = new();
    private char? _half;

    public string Kind { get; } = kind;

    public string? Signature { get; set; }

    /// <summary>The call, if this part is one.</summary>
    public OpenCall? Call { get; init; }

    /// <summary>Takes a chunk and gives what can be shown of it: half of a character (a lone surrogate, which UTF-8 cannot carry) waits for its other half.</summary>
    public string Take(string? chunk)
    {
        var text = _half + chunk;
        _half = text.Length > 0 && char.IsHighSurrogate(text[^1]) ? text[^1] : null;
        text = _half is null ? text : text[..^1];
        _content.Append(text);
        return text;
    }

    public ResponsePart ToPart() => Call is { } call ? call.ToPart()
        : Kind == EventBodies.Thinking ? new ThinkingPart(_content.ToString(), Signature)
        : new TextPart(_content.ToString());
}

/// <summary>A tool call, from its first piece to its last.</summary>
/// <param name="id">The id that the model gave it; without one it gets one of ours.</param>
internal sealed class OpenCall(string? id)
{
    private static readonly JsonElement NoArguments = JsonSerializer.SerializeToElement(new object());

    private readonly Dictionary<string, object?> _arguments = [];
    private string _name = "";
    private string? _error;

    public string Id { get; } = string.IsNullOrEmpty(id) ? $"call_{Guid.CreateVersion7():N}" : id;

    public void Take(FunctionCallContent piece)
    {
        _name = string.IsNullOrEmpty(piece.Name) ? _name : piece.Name;
        _error = piece.Exception?.Message ?? _error;
        foreach (var (name, value) in piece.Arguments ?? new Dictionary<string, object?>())
        {
            _arguments[name] = value;
        }
    }

    public ToolCallPart ToPart()
    {
        try
        {
            var args = _arguments.Count == 0 ? NoArguments : JsonSerializer.SerializeToElement(_arguments, AIJsonUtilities.DefaultOptions);
            return new ToolCallPart(_name, Id, args) { ArgsError = _error };
        }
        catch (Exception e) when (e is NotSupportedException or JsonException)
        {
            return new ToolCallPart(_name, Id, NoArguments) { ArgsError = e.Message };
        }
    }
}
