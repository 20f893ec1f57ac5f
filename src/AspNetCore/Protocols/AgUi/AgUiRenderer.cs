using System.Buffers;
using System.Text.Json;

namespace AgentStream.AspNetCore.Protocols.AgUi;

/// <summary>A run as AG-UI events: a step for each node, a message for each text and each thought, one assistant message for a node's first text and its tool calls.</summary>
/// <remarks>https://docs.ag-ui.com/concepts/events; the schema is in the npm package <c>@ag-ui/core</c>.</remarks>
internal sealed class AgUiRenderer : RunRenderer
{
    /// <summary>The version of the protocol that is spoken.</summary>
    internal const string ProtocolVersion = "1.0";

    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = Protocol.MaxJsonDepth };

    private readonly string _threadId;
    private readonly string? _givenRunId;
    private string _runId = "";

    // What was begun and not ended, the outer before the inner. A client that comes back has to see it begin.
    private readonly List<Bracket> _open = [];

    // Of the node: the message of its first text and its calls, whether a text has it, and all messages that it has shown.
    private string _nodeMessage = "";
    private bool _hasText;
    private readonly List<string> _shown = [];

    // The history before the run, as JSON, until it is written; null to leave it out.
    private ReadOnlyMemory<byte>? _history;

    // What the run waits for when it has ended.
    private readonly List<AgUiInterrupt> _interrupts = [];

    /// <summary>Makes a renderer.</summary>
    /// <param name="frames">Takes the frames.</param>
    /// <param name="threadId">The session.</param>
    /// <param name="runId">What the client calls the run; null for where it began.</param>
    /// <param name="answered">Calls of an earlier run whose results the client shows already; null for none.</param>
    /// <param name="history">The messages before the run, as <see cref="AgUiHistory"/> makes them; null to leave them out.</param>
    public AgUiRenderer(FrameWriter frames, string threadId, string? runId, IReadOnlyList<string>? answered = null, ReadOnlyMemory<byte>? history = null)
        : base(frames, isReplaced: false, answered?.Select(shown => (ShownCalls.ModelId(shown), shown, IsOpen: false)))
    {
        (_threadId, _givenRunId, _history) = (threadId, runId, history);
        frames.Reopen = Reopen;
    }

    /// <summary>Called when the history is written.</summary>
    public Action HistoryWritten { get; init; } = () => { };

    /// <inheritdoc/>
    protected override void RunBegan()
    {
        Begin(_givenRunId ?? Cursor.ToString());
    }

    /// <summary>Writes the history of a session that has no run under way, as a run that says nothing else.</summary>
    /// <param name="output">Takes the frames, as UTF-8.</param>
    /// <param name="pending">What the session waits for.</param>
    public void WriteIdle(IBufferWriter<byte> output, IEnumerable<PendingRequest> pending)
    {
        Frames.Next(output, null);
        Begin(_givenRunId ?? "");
        foreach (var request in pending)
        {
            Requested(request.RequestId, request.ToolCallId, request.ToolName, request.Kind == PendingRequestKind.Approval, JsonElement.Parse(request.Arguments, Reading));
        }

        RunEnded(ending: null);
    }

    /// <inheritdoc/>
    protected override void NodeBegan(int idx, bool again)
    {
        EndStep();
        if (again && _shown.Count > 0)
        {
            Frame("CUSTOM", json =>
            {
                json.WriteString("name"u8, "superseded");
                json.WriteStartObject("value"u8);
                json.WriteStartArray("messageIds"u8);
                _shown.ForEach(json.WriteStringValue);
                json.WriteEndArray();
                json.WriteEndObject();
            });
        }

        _shown.Clear();
        (_nodeMessage, _hasText) = (Cursor.ToString(), false);
        Open("STEP_STARTED", "STEP_FINISHED", "stepName", $"node {idx}");
    }

    /// <inheritdoc/>
    protected override void PartBegan(bool isThought)
    {
        var id = isThought || _hasText ? Cursor.ToString() : _nodeMessage;
        Show(id);
        if (isThought)
        {
            Open("REASONING_START", "REASONING_END", "messageId", id);
            Open("REASONING_MESSAGE_START", "REASONING_MESSAGE_END", "messageId", id, json => json.WriteString("role"u8, "reasoning"));
        }
        else
        {
            _hasText = true;
            Open("TEXT_MESSAGE_START", "TEXT_MESSAGE_END", "messageId", id, json => json.WriteString("role"u8, "assistant"));
        }
    }

    /// <inheritdoc/>
    protected override void PartWent(bool isThought, string delta)
    {
        var json = Frames.Begin(isThought ? "REASONING_MESSAGE_CONTENT" : "TEXT_MESSAGE_CONTENT");
        json.WriteString("messageId"u8, _open[^1].Id);
        json.WriteString("delta"u8, delta);
        Frames.End();
    }

    /// <inheritdoc/>
    protected override void PartEnded(bool isThought)
    {
        Close();
        if (isThought)
        {
            Close();
        }
    }

    /// <inheritdoc/>
    protected override void ToolCalled(string id, string name, JsonElement args)
    {
        Show(_nodeMessage);
        var parent = _nodeMessage;
        Open("TOOL_CALL_START", "TOOL_CALL_END", "toolCallId", id, json =>
        {
            json.WriteString("toolCallName"u8, name);
            json.WriteString("parentMessageId"u8, parent);
        });
        Frame("TOOL_CALL_ARGS", json =>
        {
            json.WriteString("toolCallId"u8, id);
            json.WriteString("delta"u8, args.GetRawText());
        });
        Close();
    }

    /// <inheritdoc/>
    protected override void ToolReturned(string id, bool isOfRun, JsonElement content) => Frame("TOOL_CALL_RESULT", json =>
    {
        json.WriteString("messageId"u8, Cursor.ToString());
        json.WriteString("toolCallId"u8, id);
        json.WriteString("content"u8, content.ValueKind == JsonValueKind.String ? content.GetString() : content.GetRawText());
        json.WriteString("role"u8, "tool");
    });

    /// <inheritdoc/>
    protected override void Requested(string requestId, string id, string name, bool isApproval, JsonElement args) =>
        _interrupts.Add(new AgUiInterrupt(AgUiResume.InterruptId(requestId, isApproval), id, name, isApproval, args));

    /// <inheritdoc/>
    protected override void Noted(string type, JsonElement body) => Frame("CUSTOM", json =>
    {
        json.WriteString("name"u8, type);
        json.WritePropertyName("value"u8);
        body.WriteTo(json);
    });

    /// <inheritdoc/>
    protected override void RunEnded(Ending? ending)
    {
        EndStep();
        if (ending is not (null or { Code: Canceled }))
        {
            Frame("RUN_ERROR", json =>
            {
                json.WriteString("message"u8, ending.Message);
                json.WriteString("code"u8, ending.Code);
                if (ending.Failure is { } failure)
                {
                    json.WritePropertyName("rawEvent"u8);
                    failure.Body.WriteTo(json);
                }
            });
            return;
        }

        Frame("RUN_FINISHED", json =>
        {
            WriteRun(json);
            json.WriteStartObject("outcome"u8);
            json.WriteString("type"u8, ending is not null ? "cancelled" : _interrupts.Count > 0 ? "interrupt" : "success");
            if (ending is null && _interrupts.Count > 0)
            {
                json.WriteStartArray("interrupts"u8);
                _interrupts.ForEach(interrupt => interrupt.Write(json));
                json.WriteEndArray();
            }

            json.WriteEndObject();
        });
    }

    private void Begin(string runId)
    {
        _runId = runId;
        Start();
        if (_history is { } messages)
        {
            Frame("MESSAGES_SNAPSHOT", json =>
            {
                json.WritePropertyName("messages"u8);
                json.WriteRawValue(messages.Span, skipInputValidation: true);
            });
            _history = null;
            HistoryWritten();
        }
    }

    private void Start() => Frame("RUN_STARTED", json =>
    {
        WriteRun(json);
        json.WriteString("protocolVersion"u8, ProtocolVersion);
    });

    // Whatever continues is a stream of its own to the client: it begins with the run, and what is open in it has been opened in it.
    private void Reopen()
    {
        Start();
        _open.ForEach(bracket => bracket.Write(Frames, bracket.Start, bracket.Fields));
    }

    private void WriteRun(Utf8JsonWriter json)
    {
        json.WriteString("threadId"u8, _threadId);
        json.WriteString("runId"u8, _runId);
    }

    private void Show(string messageId)
    {
        if (!_shown.Contains(messageId))
        {
            _shown.Add(messageId);
        }
    }

    private void Open(string start, string end, string key, string id, Action<Utf8JsonWriter>? fields = null)
    {
        var bracket = new Bracket(start, end, key, id, fields);
        bracket.Write(Frames, start, fields);
        _open.Add(bracket);
    }

    private void Close()
    {
        _open[^1].Write(Frames, _open[^1].End, null);
        _open.RemoveAt(_open.Count - 1);
    }

    private void EndStep()
    {
        if (_open.Count > 0)
        {
            Close();
        }
    }

    private void Frame(string type, Action<Utf8JsonWriter> fields)
    {
        fields(Frames.Begin(type));
        Frames.End();
    }

    // What is begun by one frame and ended by another, which both name it.
    private sealed record Bracket(string Start, string End, string Key, string Id, Action<Utf8JsonWriter>? Fields)
    {
        public void Write(FrameWriter frames, string type, Action<Utf8JsonWriter>? fields)
        {
            var json = frames.Begin(type);
            json.WriteString(Key, Id);
            fields?.Invoke(json);
            frames.End();
        }
    }
}
