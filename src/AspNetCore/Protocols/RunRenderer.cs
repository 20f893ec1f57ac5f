using System.Buffers;
using System.Text.Json;
using AgentStream.AspNetCore.Sse;
using AgentStream.Events;

namespace AgentStream.AspNetCore.Protocols;

/// <summary>Reads a run's events (docs/protocol.md) and tells what happens, for another protocol to write it down. A pure state machine: the same events give the same frames.</summary>
/// <param name="frames">Takes the frames.</param>
/// <param name="isReplaced">Whether the client drops what a node had shown when that node begins again.</param>
/// <param name="earlier">The calls of an earlier run that the client shows this one as a continuation of, by the model's ids and those that they are shown under; null for none.</param>
internal abstract class RunRenderer(FrameWriter frames, bool isReplaced, IEnumerable<(string Id, string Shown, bool IsOpen)>? earlier = null) : IFrameRenderer
{
    /// <summary>What a client is told that follows a run whose end it cannot see any more.</summary>
    internal const string Missed = "The end of this run was missed: the session has a new run.";

    /// <summary>What a client is told whose prompt waited for its turn and was dropped with its session.</summary>
    internal const string Dropped = "This run was dropped before it began.";

    /// <summary>The code of an ending that somebody asked for.</summary>
    protected const string Canceled = "canceled";

    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = Protocol.MaxJsonDepth };
    private static readonly JsonElement Null = JsonElement.Parse("null"u8);
    private static readonly JsonElement Nothing = JsonElement.Parse("{}"u8);

    private readonly ShownCalls _calls = new(isReplaced, earlier ?? []);
    private readonly HashSet<string> _denied = new(StringComparer.Ordinal);
    private bool _hasBegun;
    private int _idx = -1;
    private string? _openPart;

    // An error in the runtime's own words ends the run, if nothing follows it.
    private (JsonElement Body, string Message)? _last;

    /// <summary>Takes the frames.</summary>
    protected FrameWriter Frames => frames;

    /// <summary>The place of the event that is told.</summary>
    protected Cursor Cursor { get; private set; }

    /// <inheritdoc/>
    public bool Write(IBufferWriter<byte> output, StreamEntry streamEvent)
    {
        Cursor = streamEvent.Cursor;
        frames.Next(output, Cursor);
        if (!_hasBegun)
        {
            _hasBegun = true;
            RunBegan();
        }
        else if (streamEvent.IsBegin)
        {
            // Without a place: who comes back behind the last one sees all of the new run.
            frames.Next(output, null);
            Complete(new Ending(Missed, "missed"));
            return false;
        }

        if (_last is { } error)
        {
            _last = null;
            Noted(Protocol.Error, error.Body);
        }

        if (!streamEvent.IsBegin)
        {
            Take(streamEvent, streamEvent.Body.IsEmpty ? Nothing : JsonElement.Parse(CleanJson.WithoutLoneSurrogates(streamEvent.Body).Span, Reading));
        }

        return true;
    }

    /// <inheritdoc/>
    public void Complete(IBufferWriter<byte> output)
    {
        frames.Next(output, null);
        Complete(
            !_hasBegun ? new Ending(Dropped, "dropped")
            : _last is not { } error ? null
            : new Ending(error.Message, error.Message == Protocol.CanceledMessage ? Canceled : "crashed"));
    }

    /// <summary>The run begins, at <see cref="Cursor"/>.</summary>
    protected abstract void RunBegan();

    /// <summary>A node begins.</summary>
    /// <param name="idx">Its number in the run.</param>
    /// <param name="again">It began before, in a process that died: what was shown of it is superseded.</param>
    protected abstract void NodeBegan(int idx, bool again);

    /// <summary>A text or a thought begins; its first words come as <see cref="PartWent"/>.</summary>
    protected abstract void PartBegan(bool isThought);

    /// <summary>The text or thought continues.</summary>
    protected abstract void PartWent(bool isThought, string delta);

    /// <summary>The text or thought is complete.</summary>
    protected abstract void PartEnded(bool isThought);

    /// <summary>The model calls a tool; the id is unique in the run.</summary>
    protected abstract void ToolCalled(string id, string name, JsonElement args);

    /// <summary>A tool's result; of each call once.</summary>
    /// <param name="id">The call, by the id that it was shown under.</param>
    /// <param name="isOfRun">Whether it was shown in this run; if not, it is one of an earlier run.</param>
    /// <param name="content">The result.</param>
    protected abstract void ToolReturned(string id, bool isOfRun, JsonElement content);

    /// <summary>A call that a person has not allowed has its result, which says why.</summary>
    protected virtual void ToolDenied(string id, JsonElement content) => ToolReturned(id, isOfRun: true, content);

    /// <summary>A call waits for somebody; the run's end follows.</summary>
    /// <param name="requestId">The request.</param>
    /// <param name="id">The call, by the id that it was shown under.</param>
    /// <param name="name">The tool.</param>
    /// <param name="isApproval">Whether a person is to allow it; if not, the client is to carry it out.</param>
    /// <param name="args">The call's arguments.</param>
    protected abstract void Requested(string requestId, string id, string name, bool isApproval, JsonElement args);

    /// <summary>What the agent's developer says: an <c>info</c>, an <c>error</c> that ends nothing, or an entry of another type.</summary>
    protected abstract void Noted(string type, JsonElement body);

    /// <summary>The run has ended, nothing is open.</summary>
    /// <param name="ending">What went wrong; null when nothing did.</param>
    protected abstract void RunEnded(Ending? ending);

    private void Complete(Ending? ending)
    {
        EndPart();
        RunEnded(ending);
    }

    private void Take(StreamEntry source, JsonElement body)
    {
        var type = source.Type;
        if (type == Protocol.Info && source.Origin == Protocol.AgentStreamOrigin && TakeRequest(body))
        {
            return;
        }

        if (type == Protocol.Event)
        {
            TakeEvent(body);
        }
        else if (type == Protocol.Error && body.Text(Protocol.Fields.Message) is { } message
            && (message == Protocol.CanceledMessage || message.StartsWith(Protocol.CrashedPrefix, StringComparison.Ordinal)))
        {
            _last = (body, message);
        }
        else
        {
            Noted(type, body);
        }
    }

    /// <summary>Takes what the runtime says of calls that wait.</summary>
    /// <returns>False for anything else.</returns>
    private bool TakeRequest(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || body.Text(Protocol.Fields.RequestId) is not { } request || body.Text(Protocol.Fields.ToolCallId) is not { } id)
        {
            return false;
        }

        switch (body.Text(Protocol.Fields.Message))
        {
            case (Protocol.Requests.ApprovalRequested or Protocol.Requests.ToolRequested) and var kind:
                Requested(
                    request, _calls.ShownOf(id), body.Text(Protocol.Fields.ToolName) ?? "", kind == Protocol.Requests.ApprovalRequested, Value(body, Protocol.Fields.Args));
                return true;
            case Protocol.Requests.ApprovalDecided:
                if (body.Field(Protocol.Fields.Approved) is { ValueKind: JsonValueKind.False })
                {
                    _denied.Add(id);
                }

                return true;
            default:
                return false;
        }
    }

    private void TakeEvent(JsonElement body)
    {
        switch (body.Text(Protocol.Fields.Event))
        {
            case Protocol.Events.NodeBegin when Value(body, Protocol.Fields.Idx) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var idx):
                EndPart();
                _calls.NodeBegan(again: idx == _idx);
                NodeBegan(idx, again: idx == _idx);
                _idx = idx;
                break;
            case Protocol.Events.PartStart:
                TakePart(body);
                break;
            case Protocol.Events.PartDelta when body.Text(Protocol.Fields.PartDeltaKind) is (Protocol.Parts.Text or Protocol.Parts.Thinking) and var kind:
                Say(kind, body.Text(Protocol.Fields.ContentDelta));
                break;
            case Protocol.Events.NodeEnd:
                EndPart();
                break;
        }
    }

    private void TakePart(JsonElement body)
    {
        EndPart();
        switch (body.Text(Protocol.Fields.PartKind))
        {
            case Protocol.Parts.Text:
                Say(Protocol.Parts.Text, body.Text(Protocol.Fields.Content));
                break;
            case Protocol.Parts.Thinking:
                Say(Protocol.Parts.Thinking, body.Text(Protocol.Fields.Content));
                break;
            case Protocol.Parts.ToolCall when body.Text(Protocol.Fields.ToolCallId) is { } id:
                ToolCalled(_calls.Show(id, Cursor), body.Text(Protocol.Fields.ToolName) ?? "", Value(body, Protocol.Fields.Args));
                break;
            case Protocol.Parts.ToolReturn when body.Text(Protocol.Fields.ToolCallId) is { } id && _calls.Answer(id, out var isOfRun) is { } shown:
                if (_denied.Remove(id) && isOfRun)
                {
                    ToolDenied(shown, Value(body, Protocol.Fields.Content));
                }
                else
                {
                    ToolReturned(shown, isOfRun, Value(body, Protocol.Fields.Content));
                }

                break;
        }
    }

    private void Say(string kind, string? words)
    {
        if (string.IsNullOrEmpty(words))
        {
            return;
        }

        if (_openPart != kind)
        {
            EndPart();
            _openPart = kind;
            PartBegan(kind == Protocol.Parts.Thinking);
        }

        PartWent(kind == Protocol.Parts.Thinking, words);
    }

    private void EndPart()
    {
        if (_openPart is { } kind)
        {
            _openPart = null;
            PartEnded(kind == Protocol.Parts.Thinking);
        }
    }

    // Other writers' events may lack a field: that is null, and no reason to stop following them.
    private static JsonElement Value(JsonElement body, string name) => body.Field(name) ?? Null;

    /// <summary>What went wrong with a run.</summary>
    /// <param name="Message">A sentence; the runtime's own where the stream has one.</param>
    /// <param name="Code">A word for it.</param>
    protected sealed record Ending(string Message, string Code);
}
