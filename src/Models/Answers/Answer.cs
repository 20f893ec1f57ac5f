using System.Globalization;
using System.Text.Json;
using AgentStream.Models.Endpoint;
using AgentStream.Models.Thoughts;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Answers;

/// <summary>
/// An answer while it streams: makes updates of its chunks. Tool calls come whole, at the end, since their pieces may be mixed until then.
/// </summary>
/// <param name="thoughts">Marks thoughts.</param>
/// <param name="tools">The names of the tools that were offered.</param>
/// <param name="hidesThoughts">Whether thoughts are not to be shown; what the endpoint wants back of them is kept all the same.</param>
internal sealed class Answer(ThoughtMark thoughts, IReadOnlySet<string> tools, bool hidesThoughts)
{
    // Of the year 9999: no date is later.
    private const long LastSecond = 253_402_300_799;

    private readonly CallPieces _calls = new(thoughts.Provider, tools);
    private readonly ThoughtFields _fields = new();
    private string? _id;
    private string? _model;
    private DateTimeOffset? _createdAt;
    private string? _thinkingField;
    private string? _emptyField;
    private bool _hasThoughts;
    private bool _hasDelta;
    private UsageDetails? _usage;
    private ChatFinishReason? _finish;

    /// <summary>Whether the model has said that it is done. Usage may still follow.</summary>
    public bool IsFinished => _finish is not null;

    /// <summary>How often there was something new in it.</summary>
    public int Length { get; private set; }

    /// <summary>What the endpoint says went wrong with this answer, once its last words are taken; null for nothing.</summary>
    public string? Failure { get; private set; }

    /// <summary>What it has too much of; null for nothing.</summary>
    public string? Excess =>
        _calls.Count > AnswerLimits.Calls ? string.Create(CultureInfo.InvariantCulture, $"its answer has more than {AnswerLimits.Calls} tool calls")
        : _calls.Length + _fields.Length > AnswerLimits.Held ? string.Create(CultureInfo.InvariantCulture, $"the tool calls of its answer are longer than {AnswerLimits.Held} characters")
        : null;

    /// <summary>Takes a chunk; one with nothing in it makes an update without contents, which is a sign of life.</summary>
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
        _calls.BeginChunk();
        foreach (var choice in chunk.Items("choices").Where(choice => choice.Number("index") is null or 0))
        {
            TakeChoice(choice, contents);
        }

        return Update(contents);
    }

    /// <summary>The stream has ended, and the answer is whole: gives what was held back.</summary>
    public ChatResponseUpdate Complete()
    {
        var contents = new List<AIContent>();
        EndThoughts(contents);
        if (_emptyField is not null && !_hasThoughts && _calls.HasAny)
        {
            // A thought without words is one for an endpoint that wants the field back with its calls.
            Mark(contents, thoughts.Of(_emptyField));
        }

        if (_fields.ToJson() is { } fields)
        {
            Mark(contents, thoughts.Of(fields));
        }

        contents.AddRange(_calls.Contents());
        if (_usage is not null)
        {
            contents.Add(new UsageContent(_usage));
        }

        var update = Update(contents);
        update.FinishReason = _finish ?? (_calls.HasAny ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop);
        return update;
    }

    private void TakeChoice(JsonElement choice, List<AIContent> contents)
    {
        // Some give a message where a delta belongs; some give the whole message once more at the end.
        if (choice.Property("delta") is { } delta)
        {
            _hasDelta = true;
            Read(delta, contents);
        }
        else if (!_hasDelta && choice.Property("message") is { } message)
        {
            Read(message, contents);
        }

        Failure ??= ErrorBody.InChoice(choice);
        if (choice.Text("finish_reason") is { } reason)
        {
            _finish = FinishReasons.Read(reason);
            Failure ??= FinishReasons.IsFailure(reason) ? $"its finish reason is '{reason}'" : null;
        }
    }

    private void Read(JsonElement delta, List<AIContent> contents)
    {
        _fields.Take(delta);

        // Some give the same thought in both fields.
        if (ThoughtMark.Fields.FirstOrDefault(field => delta.Text(field) is not null) is { } field)
        {
            Think(delta.Text(field)!, field, contents);
        }
        else
        {
            _emptyField ??= ThoughtMark.Fields.FirstOrDefault(field => delta.Property(field) is { ValueKind: JsonValueKind.String });
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
        else if (ThoughtFields.IsThought(delta))
        {
            Think(delta.Text("content"), null, contents);
        }
        else
        {
            Say(delta.Text("content"), contents);
        }

        // A refusal is what the model says, too.
        Say(delta.Text("refusal"), contents);

        foreach (var piece in delta.Items("tool_calls"))
        {
            Call(piece, contents);
        }

        // As tool calls were before there could be several.
        if (delta.Property("function_call") is { ValueKind: JsonValueKind.Object } function)
        {
            Call(function, contents);
        }
    }

    private void Call(JsonElement piece, List<AIContent> contents)
    {
        EndThoughts(contents);
        _calls.Take(piece);
        Length++;
    }

    private void Think(string? text, string? field, List<AIContent> contents)
    {
        if (text is null)
        {
            return;
        }

        Length++;
        _hasThoughts |= field is not null;
        if (!hidesThoughts)
        {
            _thinkingField = field;
            contents.Add(new TextReasoningContent(text));
        }
        else if (field is not null)
        {
            _fields.Hide(field, text);
        }
    }

    private void Say(string? text, List<AIContent> contents)
    {
        if (text is not null)
        {
            Length++;
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
            Mark(contents, thoughts.Of(_thinkingField));
            _thinkingField = null;
        }
    }

    private void Mark(List<AIContent> contents, string mark) =>
        contents.Add(new TextReasoningContent("")
        {
            ProtectedData = mark,
            AdditionalProperties = new() { [ThoughtFields.Provider] = thoughts.Provider },
        });

    private ChatResponseUpdate Update(List<AIContent> contents) =>
        new(ChatRole.Assistant, contents) { ResponseId = _id, MessageId = _id, ModelId = _model, CreatedAt = _createdAt };
}
