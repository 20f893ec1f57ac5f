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
    private bool _isPartOpen;
    private bool _isThought;

    // An error in the runtime's own words ends the run, if nothing follows it.
    private ErrorAdded? _last;

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
            Take(AgentEvent.Read(streamEvent));
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
            : new Ending(error.Message!, error.IsCanceled ? Canceled : "crashed", error.Reason is null ? null : error));
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

    private void Take(AgentEvent item)
    {
        switch (item)
        {
            case NodeBegan began:
                EndPart();
                _calls.NodeBegan(again: began.Node == _idx);
                NodeBegan(began.Node, again: began.Node == _idx);
                _idx = began.Node;
                break;
            case TextStarted { Text: var words }:
                EndPart();
                Say(isThought: false, words);
                break;
            case TextDelta { Text: var words }:
                Say(isThought: false, words);
                break;
            case ThinkingStarted { Text: var words }:
                EndPart();
                Say(isThought: true, words);
                break;
            case ThinkingDelta { Text: var words }:
                Say(isThought: true, words);
                break;
            case ToolCalled call:
                EndPart();
                ToolCalled(_calls.Show(call.CallId, Cursor), call.Name, call.Arguments);
                break;
            case ToolReturned returned:
                EndPart();
                Return(returned);
                break;
            case NodeEnded _:
                EndPart();
                break;
            case RequestOpened { Request: var request }:
                Requested(
                    request.RequestId,
                    _calls.ShownOf(request.ToolCallId),
                    request.ToolName,
                    request.Kind == PendingRequestKind.Approval,
                    JsonElement.Parse(request.Arguments, Reading));
                break;
            case RequestClosed closed:
                if (closed.IsApproved == false)
                {
                    _denied.Add(closed.CallId);
                }

                break;
            case ErrorAdded error when error.IsCanceled || error.IsCrashed:
                _last = error;
                break;
            case ErrorAdded error:
                Noted(Protocol.Error, error.Body);
                break;
            case InfoAdded info:
                Noted(Protocol.Info, info.Body);
                break;
            case UnknownEvent { Source: { Type: not Protocol.Event } unknown }:
                Noted(unknown.Type, BodyOf(unknown));
                break;
        }
    }

    private void Return(ToolReturned returned)
    {
        if (_calls.Answer(returned.CallId, out var isOfRun) is not { } shown)
        {
            return;
        }

        if (_denied.Remove(returned.CallId) && isOfRun)
        {
            ToolDenied(shown, returned.Content);
        }
        else
        {
            ToolReturned(shown, isOfRun, returned.Content);
        }
    }

    private void Say(bool isThought, string words)
    {
        if (words.Length == 0)
        {
            return;
        }

        if (!_isPartOpen || _isThought != isThought)
        {
            EndPart();
            (_isPartOpen, _isThought) = (true, isThought);
            PartBegan(isThought);
        }

        PartWent(isThought, words);
    }

    private void EndPart()
    {
        if (_isPartOpen)
        {
            _isPartOpen = false;
            PartEnded(_isThought);
        }
    }

    /// <summary>What another program wrote: any JSON, and null for what is none.</summary>
    private static JsonElement BodyOf(StreamEntry source)
    {
        try
        {
            return source.Body.IsEmpty ? Nothing : JsonElement.Parse(CleanJson.WithoutLoneSurrogates(source.Body).Span, Reading);
        }
        catch (JsonException)
        {
            return Null;
        }
    }

    /// <summary>What went wrong with a run.</summary>
    /// <param name="Message">A sentence; the runtime's own where the stream has one.</param>
    /// <param name="Code">A word for it.</param>
    /// <param name="Failure">The entry, where it says why the run failed.</param>
    protected sealed record Ending(string Message, string Code, ErrorAdded? Failure = null);
}
