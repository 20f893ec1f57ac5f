namespace AgentStream.Events;

/// <summary>How a run came out.</summary>
public enum RunOutcome
{
    /// <summary>It is under way, as far as the transcript knows; or its last events could not be had.</summary>
    Unknown,

    /// <summary>The model has answered.</summary>
    Answered,

    /// <summary>Somebody canceled it.</summary>
    Canceled,

    /// <summary>It crashed.</summary>
    Failed,

    /// <summary>It waits for somebody: <see cref="Transcript.Requests"/>.</summary>
    Paused,
}

/// <summary>
/// Folds a run's events into what there is to show: nodes with their parts, and the words from beside. What was started anew after a crash stands there once. Not for several threads at once.
/// </summary>
public sealed class Transcript
{
    private readonly List<TranscriptItem> _items = [];
    private readonly List<PendingRequest> _requests = [];
    private bool _isOver;

    /// <summary>The session's id, once the run has begun; null before, and in a history.</summary>
    public string? SessionId { get; private set; }

    /// <summary>The cursor of the last event that was folded in: where to continue. Null before the first.</summary>
    public Cursor? Cursor { get; private set; }

    /// <summary>Nodes and notes, in order.</summary>
    public IReadOnlyList<TranscriptItem> Items => _items;

    /// <summary>The nodes, in order.</summary>
    public IEnumerable<TranscriptNode> Nodes => _items.OfType<TranscriptNode>();

    /// <summary>The requests that the run ended with, in the order of their calls. They may have their answers by now.</summary>
    public IReadOnlyList<PendingRequest> Requests => _requests;

    /// <summary>What the runtime said went wrong: <c>canceled</c>, or <c>crashed - ...</c>; null when nothing did.</summary>
    public string? Error { get; private set; }

    /// <summary>Why the run failed: one of <see cref="FailureReasons"/>. Null when it did not, when the server does not say, and in a history.</summary>
    public string? Reason { get; private set; }

    /// <summary>By what the server's log names the failure; null where <see cref="Reason"/> is.</summary>
    public string? Reference { get; private set; }

    /// <summary>Whether no more events come.</summary>
    public bool IsEnded => _isOver || Error is not null;

    /// <summary>The text of the last node; empty when there is none.</summary>
    public string Answer => Nodes.LastOrDefault()?.Text ?? "";

    /// <summary>How the run came out. It has answered when it is over and its last node is complete and calls no tools.</summary>
    public RunOutcome Outcome =>
        Error == Protocol.CanceledMessage ? RunOutcome.Canceled
        : Error is not null ? RunOutcome.Failed
        : _isOver && _requests.Count > 0 ? RunOutcome.Paused
        : _isOver && Nodes.LastOrDefault() is { IsEnded: true } last && !last.Parts.OfType<ToolCallPart>().Any() ? RunOutcome.Answered
        : RunOutcome.Unknown;

    /// <summary>A session's history, with the prompt of each node. It is ended: what is under way comes from the stream.</summary>
    /// <param name="session">The session.</param>
    /// <returns>The transcript.</returns>
    public static Transcript OfHistory(SessionSnapshot session)
    {
        ArgumentNullException.ThrowIfNull(session);
        var transcript = new Transcript { Error = session.Error, _isOver = true };
        transcript._items.AddRange(HistoryReader.Read(session.Messages));
        return transcript;
    }

    /// <summary>Folds one event in.</summary>
    /// <param name="item">The event.</param>
    /// <returns>False when it was there already, so that a repeated event shows nothing twice.</returns>
    public bool Apply(AgentEvent item)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (item.Source.Cursor <= Cursor)
        {
            return false;
        }

        Cursor = item.Source.Cursor;
        switch (item)
        {
            case RunBegan began:
                _items.Clear();
                _requests.Clear();
                (SessionId, Error, Reason, Reference, _isOver) = (began.SessionId, null, null, null, false);
                break;
            case NodeEvent inNode:
                Apply(inNode);
                break;
            case InfoAdded info:
                if (info is RequestOpened opened)
                {
                    _requests.Add(opened.Request);
                }

                _items.Add(new TranscriptNote(isError: false, info.Body));
                break;
            case ErrorAdded error:
                _items.Add(new TranscriptNote(isError: true, error.Body));
                if (error.IsCanceled || error.IsCrashed)
                {
                    (Error, Reason, Reference) = (error.Message, error.Reason, error.Reference);
                }

                break;
            case RunEnded:
                End();
                break;
        }

        return true;
    }

    /// <summary>Says that no more events come: a client's enumeration has completed.</summary>
    public void End() => _isOver = true;

    /// <summary>The result of a tool call: the first one behind it that has its id. Ids are unique only among calls that wait for their results.</summary>
    /// <param name="call">A call of this transcript.</param>
    /// <returns>The result; null when there is none yet.</returns>
    public ToolReturn? ResultOf(ToolCallPart call) =>
        Nodes.SkipWhile(node => !node.Parts.Contains(call)).Skip(1).SelectMany(node => node.Returns).FirstOrDefault(result => result.CallId == call.CallId);

    private void Apply(NodeEvent item)
    {
        if (item is NodeBegan)
        {
            // What comes again never happened, and nothing that built on it did.
            _items.RemoveAll(known => known is TranscriptNode node && node.Number >= item.Node);
        }

        var node = Nodes.LastOrDefault(known => known.Number == item.Node) ?? Add(new TranscriptNode(item.Node));
        switch (item)
        {
            case ToolReturned returned:
                node.Add(new ToolReturn(returned.Name, returned.CallId, returned.Content));
                break;
            case TextStarted text:
                node.Add(new TextPart(text.Part, text.Text));
                break;
            case ThinkingStarted thinking:
                node.Add(new ThinkingPart(thinking.Part, thinking.Text));
                break;
            case TextDelta text:
                Grow(node, text.Part, text.Text, () => new TextPart(text.Part, ""));
                break;
            case ThinkingDelta thinking:
                Grow(node, thinking.Part, thinking.Text, () => new ThinkingPart(thinking.Part, ""));
                break;
            case ToolCalled call:
                node.Add(new ToolCallPart(call.Part, call.Name, call.CallId, call.Arguments));
                break;
            case NodeEnded:
                node.IsEnded = true;
                break;
        }
    }

    private TranscriptNode Add(TranscriptNode node)
    {
        _items.Add(node);
        return node;
    }

    /// <summary>Who begins to read in the middle of a part has not seen its start.</summary>
    private static void Grow(TranscriptNode node, int number, string chunk, Func<GrowingPart> missing)
    {
        if (node.Parts.FirstOrDefault(part => part.Number == number) is not GrowingPart part)
        {
            part = missing();
            node.Add(part);
        }

        part.Append(chunk);
    }
}
