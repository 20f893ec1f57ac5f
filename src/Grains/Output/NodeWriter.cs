using AgentStream.Grains.Chat;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Output;

/// <summary>
/// Follows a run's nodes: turns the updates of a model's stream into parts, and the parts into events (protocol.md section 3).
/// A new part starts when the kind changes. Tool calls are shown when they are complete: when something else follows, or the stream ends.
/// </summary>
/// <param name="bounds">What a response is held to.</param>
/// <param name="emit">Takes the type and the body of what is said, in order: <see cref="Protocol.Event"/>, and <see cref="Protocol.Info"/> for a note about the node.</param>
internal sealed class NodeWriter(AnswerBounds bounds, Func<string, ReadOnlyMemory<byte>, CancellationToken, ValueTask> emit)
{
    private readonly List<OpenPart> _parts = [];
    private HashSet<string>? _notShown;
    private int _idx = -1;
    private int _shown;
    private int _updates;
    private bool _answered;
    private UsageDetails? _usage;
    private string? _model;
    private string? _responseId;
    private ChatFinishReason? _finish;

    /// <summary>Why the response ended, as the client says; null when it has not said so.</summary>
    public ChatFinishReason? FinishReason => _finish;

    /// <summary>The calls of the response so far.</summary>
    public IEnumerable<OpenCall> Calls => _parts.Select(part => part.Call).OfType<OpenCall>();

    /// <summary>Whether the response has words, a call or a file. Thoughts are no answer.</summary>
    public bool HasAnswer => _parts.Exists(part => part.ToPart() switch
    {
        TextPart text => !string.IsNullOrWhiteSpace(text.Content),
        ThinkingPart => false,
        _ => true,
    });

    /// <summary>Starts the next node: <c>llm-begin</c>, and a <c>tool-return</c> for each tool result that the request carries.</summary>
    public async ValueTask BeginAsync(ModelRequest request, CancellationToken cancellationToken)
    {
        (_idx, _shown, _answered) = (_idx + 1, 0, false);
        (_usage, _model, _responseId, _finish) = (null, null, null, null);
        bounds.Begin();
        _parts.Clear();
        _notShown = null;

        await emit(Protocol.Event, EntryBodies.NodeBegin(_idx), cancellationToken);
        foreach (var part in request.Parts)
        {
            if (part is ToolReturnPart result)
            {
                await emit(Protocol.Event, EntryBodies.ToolReturn(_idx, result.ToolName, result.ToolCallId, result.Content), cancellationToken);
            }
            else if (part is RetryPromptPart { ToolName: { } toolName } retry)
            {
                // Also what the model got instead of a result: who saw the call sees how it ended.
                await emit(Protocol.Event, EntryBodies.ToolReturn(_idx, toolName, retry.ToolCallId, retry.Content), cancellationToken);
            }
        }
    }

    /// <summary>Shows finished nodes from the journal; the next node to begin is the one after them.</summary>
    /// <param name="messages">The history; the last of it are the run's.</param>
    /// <param name="next">The first node to show.</param>
    /// <param name="answered">How many nodes the run has finished.</param>
    /// <param name="cancellationToken">Stops at once.</param>
    public async Task ReplayAsync(IReadOnlyList<ModelMessage> messages, int next, int answered, CancellationToken cancellationToken)
    {
        _idx = next - 1;
        for (var idx = next; idx < answered; idx++)
        {
            var response = messages.Count - (2 * (answered - idx)) + 1;
            await ReplayAsync(idx, (ModelRequest)messages[response - 1], (ModelResponse)messages[response], cancellationToken);
        }
    }

    /// <summary>Shows a node whose response is known whole: each part at once.</summary>
    public async ValueTask ReplayAsync(int idx, ModelRequest request, ModelResponse response, CancellationToken cancellationToken)
    {
        _idx = idx - 1;
        await BeginAsync(request, cancellationToken);
        for (var i = 0; i < response.Parts.Count; i++)
        {
            switch (response.Parts[i])
            {
                case TextPart { Content.Length: > 0 } text:
                    await ShowStartAsync(i, Protocol.Parts.Text, text.Content, cancellationToken);
                    break;
                case ThinkingPart { Content.Length: > 0 } thinking:
                    await ShowStartAsync(i, Protocol.Parts.Thinking, thinking.Content, cancellationToken);
                    break;
                case ToolCallPart call:
                    await ShowCallAsync(i, call, cancellationToken);
                    break;
            }
        }

        await EndAsync(cancellationToken);
    }

    /// <summary>Takes the next update of the model's stream.</summary>
    /// <exception cref="RunException">The response breaks its bounds with it.</exception>
    public async ValueTask UpdateAsync(ChatResponseUpdate update, CancellationToken cancellationToken)
    {
        bounds.Take(update);
        _model = update.ModelId ?? _model;
        _responseId = update.ResponseId ?? _responseId;
        _finish = update.FinishReason ?? _finish;
        _updates++;

        foreach (var content in update.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    await SayAsync(Protocol.Parts.Text, text.Text, null, update, null, cancellationToken);
                    break;
                case TextReasoningContent thinking:
                    await SayAsync(Protocol.Parts.Thinking, thinking.Text, thinking.ProtectedData, update, thinking.AdditionalProperties, cancellationToken);
                    break;
                case FunctionCallContent call:
                    await CallAsync(call, cancellationToken);
                    break;
                case UsageContent usage:
                    (_usage ??= new UsageDetails()).Add(usage.Details);
                    break;
                case ErrorContent or FunctionResultContent:
                    // The loop's to judge.
                    break;
                default:
                    await KeepAsync(content, cancellationToken);
                    break;
            }
        }
    }

    /// <summary>The stream has ended: shows what is still open. The node's <c>llm-end</c> is left to <see cref="EndAsync"/>, once the response is safe.</summary>
    public async ValueTask<ModelResponse> CompleteAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await ShowAsync(cancellationToken);
        return Response(_parts.Select(p => p.ToPart()), now);
    }

    /// <summary>What a stream that was cut short had said in words; null when there was nothing. Its tool calls were not made, so they do not count.</summary>
    public ModelResponse? Partial(DateTimeOffset now)
    {
        var said = _parts.Where(p => p.Call is null).Select(p => p.ToPart()).ToList();
        return said.Count == 0 ? null : Response(said, now);
    }

    /// <summary>Ends the node: <c>llm-end</c>.</summary>
    public ValueTask EndAsync(CancellationToken cancellationToken) => emit(Protocol.Event, EntryBodies.NodeEnd(_idx), cancellationToken);

    private ModelResponse Response(IEnumerable<ResponsePart> parts, DateTimeOffset now) => new(parts.ToArray())
    {
        Timestamp = now,
        Usage = ChatUsage.FromChat(_usage),
        ModelName = _model,
        ProviderResponseId = _responseId,
        FinishReason = ChatFinishReasons.FromChat(_finish),
    };

    private async ValueTask SayAsync(
        string kind, string? chunk, string? signature, ChatResponseUpdate update, AdditionalPropertiesDictionary? properties, CancellationToken cancellationToken)
    {
        if (_parts is not [.., var part] || !part.IsContinuedBy(kind, update.AuthorName, update.MessageId))
        {
            if (string.IsNullOrEmpty(chunk) && signature is null)
            {
                return;
            }

            await ShowAsync(cancellationToken);
            part = new OpenPart(kind, update.AuthorName, update.MessageId);
            Add(part);
        }

        part.Sign(update, signature, properties);
        if (part.Take(chunk) is not { Length: > 0 } text)
        {
            return;
        }

        if (_shown == _parts.Count)
        {
            await emit(Protocol.Event, EntryBodies.PartDelta(_idx, _shown - 1, kind, text), cancellationToken);
            return;
        }

        await ShowStartAsync(_shown++, kind, text, cancellationToken);
    }

    private async ValueTask ShowStartAsync(int eventIdx, string kind, string text, CancellationToken cancellationToken)
    {
        await emit(Protocol.Event, EntryBodies.PartStart(_idx, eventIdx, kind, text), cancellationToken);
        if (kind == Protocol.Parts.Text && !_answered)
        {
            _answered = true;
            await emit(Protocol.Event, EntryBodies.Answer(_idx), cancellationToken);
        }
    }

    private ValueTask ShowCallAsync(int eventIdx, ToolCallPart call, CancellationToken cancellationToken) =>
        emit(Protocol.Event, EntryBodies.ToolCall(_idx, eventIdx, call.ToolName, call.ToolCallId, call.Args), cancellationToken);

    /// <summary>Puts a call together. Pieces without an id, or with one that is not known, belong to the last call, unless they name a tool.</summary>
    private async ValueTask CallAsync(FunctionCallContent piece, CancellationToken cancellationToken)
    {
        if (_parts is [.., { Call: null }])
        {
            await ShowAsync(cancellationToken);
        }

        var id = piece.CallId ?? "";
        var open = Calls.LastOrDefault(call => call.ClientId == id) ?? (string.IsNullOrEmpty(piece.Name) ? Calls.LastOrDefault() : null);
        if (open is null || !open.IsContinuedBy(piece, _updates) || (id.Length == 0 && IsAnotherWithoutId(open, piece)))
        {
            open = new OpenCall(id, id.Length > 0 && !Calls.Any(call => call.Id == id) ? id : $"call_{Guid.CreateVersion7():N}", _updates, bounds.MaxArguments);
            Add(new OpenPart(Protocol.Parts.ToolCall) { Call = open });
        }

        open.Take(piece);
    }

    private void Add(OpenPart part)
    {
        bounds.Take(part);
        _parts.Add(part);
    }

    // Without ids, the same call twice is two calls, and only what it still lacks is more of the last one.
    private static bool IsAnotherWithoutId(OpenCall open, FunctionCallContent piece) =>
        !string.IsNullOrEmpty(piece.Name) && open.Name.Length > 0 && !(open.IsBare && piece.Arguments is { Count: > 0 });

    /// <summary>Keeps a file, and says of whatever is not shown that it was there.</summary>
    private async ValueTask KeepAsync(AIContent content, CancellationToken cancellationToken)
    {
        var mediaType = (content as DataContent)?.MediaType;
        if (content is DataContent)
        {
            await ShowAsync(cancellationToken);
            Add(new OpenPart(Protocol.Parts.File) { Whole = ChatContents.ToPart(content) });
        }

        if ((_notShown ??= new(StringComparer.Ordinal)).Add($"{content.GetType().Name} {mediaType}"))
        {
            await emit(Protocol.Info, EntryBodies.NotShown(content.GetType().Name, mediaType), cancellationToken);
        }
    }

    /// <summary>Shows the tool calls that are complete now. A part without a word (a signature alone) keeps its number but is not shown.</summary>
    private async ValueTask ShowAsync(CancellationToken cancellationToken)
    {
        for (; _shown < _parts.Count; _shown++)
        {
            if (_parts[_shown].ToPart() is ToolCallPart call)
            {
                await ShowCallAsync(_shown, call, cancellationToken);
            }
        }
    }
}
