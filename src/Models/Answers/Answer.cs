using System.Text.Json;
using AgentStream.Models.Endpoint;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Answers;

/// <summary>
/// An answer while it streams: makes updates of its chunks. Tool calls come whole, at the end, since their pieces may be mixed until then.
/// </summary>
internal sealed class Answer(ThoughtMark thoughts)
{
    // Of the year 9999: no date is later.
    private const long LastSecond = 253_402_300_799;

    private readonly CallPieces _calls = new();
    private string? _id;
    private string? _model;
    private DateTimeOffset? _createdAt;
    private string? _thinkingField;
    private UsageDetails? _usage;
    private ChatFinishReason? _finish;

    /// <summary>Whether the model has said that it is done. Usage may still follow.</summary>
    public bool IsFinished => _finish is not null;

    /// <summary>Takes a chunk.</summary>
    public ChatResponseUpdate Take(JsonElement chunk)
    {
        _id ??= chunk.Text("id");
        _model = chunk.Text("model") ?? _model;
        _createdAt ??= chunk.Number("created") is { } seconds and >= 0 and <= LastSecond
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

        // Servers that tell it with each chunk tell the sum so far, so the last one counts.
        _usage = chunk.Property("usage") is { ValueKind: JsonValueKind.Object } usage ? Usage.Read(usage) : _usage;

        var contents = new List<AIContent>();
        foreach (var choice in chunk.Items("choices").Where(choice => choice.Number("index") is null or 0))
        {
            if (choice.Property("delta") is { } delta)
            {
                Read(delta, contents);
            }

            _finish = choice.Text("finish_reason") is { } reason ? FinishReason(reason) : _finish;
        }

        return Update(contents);
    }

    /// <summary>The stream has ended: gives what was held back.</summary>
    public ChatResponseUpdate Complete()
    {
        var contents = new List<AIContent>();
        EndThoughts(contents);
        contents.AddRange(_calls.Contents());
        if (_usage is not null)
        {
            contents.Add(new UsageContent(_usage));
        }

        var update = Update(contents);
        update.FinishReason = _finish;
        return update;
    }

    private void Read(JsonElement delta, List<AIContent> contents)
    {
        // Some give the same thought in both fields.
        if (ThoughtMark.Fields.FirstOrDefault(field => delta.Text(field) is not null) is { } field)
        {
            Think(delta.Text(field)!, field, contents);
        }

        if (delta.Property("content") is { ValueKind: JsonValueKind.Array } parts)
        {
            foreach (var part in parts.EnumerateArray())
            {
                Say(part.Text("text"), contents);
                foreach (var thought in part.Items("thinking"))
                {
                    Think(thought.Text("text"), null, contents);
                }
            }
        }
        else
        {
            Say(delta.Text("content"), contents);
        }

        // A refusal is what the model says, too.
        Say(delta.Text("refusal"), contents);

        foreach (var piece in delta.Items("tool_calls"))
        {
            EndThoughts(contents);
            _calls.Take(piece);
        }
    }

    private void Think(string? text, string? field, List<AIContent> contents)
    {
        if (text is not null)
        {
            _thinkingField = field;
            contents.Add(new TextReasoningContent(text));
        }
    }

    private void Say(string? text, List<AIContent> contents)
    {
        if (text is not null)
        {
            EndThoughts(contents);
            contents.Add(new TextContent(text));
        }
    }

    /// <summary>
    /// Marks the thoughts that end here. The mark goes last, as signatures do: thoughts that follow a marked one are not joined with it.
    /// </summary>
    private void EndThoughts(List<AIContent> contents)
    {
        if (_thinkingField is not null)
        {
            contents.Add(new TextReasoningContent("") { ProtectedData = thoughts.Of(_thinkingField) });
            _thinkingField = null;
        }
    }

    private ChatResponseUpdate Update(List<AIContent> contents) =>
        new(ChatRole.Assistant, contents) { ResponseId = _id, MessageId = _id, ModelId = _model, CreatedAt = _createdAt };

    private static ChatFinishReason FinishReason(string reason) => reason switch
    {
        "stop" => ChatFinishReason.Stop,
        "length" => ChatFinishReason.Length,
        "content_filter" => ChatFinishReason.ContentFilter,
        "tool_calls" or "function_call" => ChatFinishReason.ToolCalls,
        _ => new ChatFinishReason(reason),
    };
}
