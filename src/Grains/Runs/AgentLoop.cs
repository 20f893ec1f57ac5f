using AgentStream.Grains.Approvals;
using AgentStream.Grains.Chat;
using AgentStream.Grains.Limits;
using AgentStream.Grains.Output;
using AgentStream.Grains.Telemetry;
using AgentStream.Messages;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Runs;

/// <summary>
/// The loop of an agent: a request to the model, its response, the tools it calls, the next request with their results, until a response calls none.
/// </summary>
/// <remarks>
/// Some chat clients call tools by themselves, and their one stream carries calls, results and what the model made of them. Such a
/// stream is shown and kept as the nodes it is made of, and its calls are not made again.
/// </remarks>
internal sealed class AgentLoop(Agent agent, RunHandle run, RunJournal journal, RunEnvironment environment, Deps deps, Steering? steering, UsageMeter? usage)
{
    // The calls of the last response, whose client may know them by other ids.
    private IReadOnlyList<OpenCall> _calls = [];
    private int _idx = -1;

    // The last node whose request is in the journal; the first one's, the user's, is there before the loop begins.
    private int _requested;
    private bool _isOpen;
    private ModelResponse? _response;
    private LimitExceededException? _isOverLimit;
    private ModelCall? _call;

    /// <summary>The run's span; null when nobody listens.</summary>
    public RunSpan? Span { get; init; }

    // Many runs wait for their model, and only their memory counts.
    private ToolCalls Tools => field ??= new(agent, run, journal, environment, deps);

    /// <summary>
    /// What the last node had said when the run was cut short; null when nothing was. It goes into the journal with the run's end, in one step: a recovery that finds it alone would take it
    /// for the whole response.
    /// </summary>
    public (int Idx, ModelResponse Said)? CutShort { get; private set; }

    /// <summary>Whether the model has the word: what is thrown meanwhile is its client's.</summary>
    public bool IsAsking { get; private set; }

    /// <summary>Runs until the model has nothing more to do. The first request, the user's, is in the journal already.</summary>
    /// <param name="cancellationToken">Stops at once, wherever the loop is.</param>
    /// <returns>
    /// That it is completed; or that it left before, at a place where nothing is half done, because the run is to be handed off; or what it waits for.
    /// </returns>
    public async Task<RunResult> RunAsync(CancellationToken cancellationToken)
    {
        while (!run.IsLeaving)
        {
            await AskAsync(cancellationToken);
            if (Tools.Next(_response!) is not { Count: > 0 } calls)
            {
                return RunResult.Completed;
            }

            if (await Tools.MakeAsync(_response!, calls, cancellationToken) is { } result)
            {
                return result;
            }
        }

        return RunResult.HandedOff;
    }

    /// <summary>Continues behind a response whose calls waited for somebody: those that have no result yet are made.</summary>
    /// <inheritdoc cref="RunAsync" path="/param|/returns"/>
    public async Task<RunResult> ContinueAsync(CancellationToken cancellationToken)
    {
        _requested = -1;
        foreach (var answered in journal.History.Requests.AnsweredIn(run.Token.RunId))
        {
            await run.EmitAsync(Protocol.Info, Protocol.AgentStreamOrigin, RequestBodies.Answered(answered), cancellationToken);
        }

        return await FinishLastNodeAsync(cancellationToken);
    }

    /// <summary>Continues where a process died: finished responses and results come from the journal, the node that was under way starts again.</summary>
    /// <param name="progress">How far it got.</param>
    /// <param name="next">The first node that the stream does not show whole: those that are finished from there on are shown from the journal.</param>
    /// <param name="cancellationToken">Stops at once, wherever the loop is.</param>
    /// <returns>As <see cref="RunAsync"/>.</returns>
    public async Task<RunResult> ResumeAsync(RunProgress progress, int next, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (progress.Idx < 0)
        {
            return await ContinueAsync(cancellationToken);
        }

        _requested = progress.Idx;
        await run.Nodes.ReplayAsync(journal.History.Messages, next, progress.Answered, cancellationToken);
        _idx = progress.Answered - 1;
        Tools.CountEarlier(journal.History.Messages.TakeLast(2 * progress.Answered).OfType<ModelResponse>().SkipLast(progress.IsAnswered ? 1 : 0));
        return await (progress.IsAnswered ? FinishLastNodeAsync(cancellationToken) : RunAsync(cancellationToken));
    }

    /// <summary>Makes the calls of the journal's last response that have no result yet, and continues behind them.</summary>
    private async Task<RunResult> FinishLastNodeAsync(CancellationToken cancellationToken)
    {
        _response = (ModelResponse)journal.History.Messages[^1];
        await Tools.KeepOldResultsAsync(_response);
        return Tools.Next(_response) is { Count: > 0 } calls && await Tools.MakeAsync(_response, calls, cancellationToken) is { } result ? result
            : _response.ToolCalls.Any() ? await RunAsync(cancellationToken)
            : RunResult.Completed;
    }

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        await BeginNodeAsync(cancellationToken);
        var (chat, options) = agent.NewRequest(ChatMessages.ToChat(journal.History.Messages.Append(journal.History.PendingRequest())), deps);
        using var call = _call = ModelCall.Start(environment.Metrics, Span, agent.Name, run.Key, agent.Client, options, environment.Time);
        call?.Capture(environment.Content, chat, options);
        try
        {
            var updates = PatientStream.ReadAsync(
                token =>
                {
                    // While the model thinks, the request is its client's to keep, or to let go of.
                    var (messages, how) = (chat, options);
                    (chat, options) = (null!, null!);
                    return agent.Client.GetStreamingResponseAsync(messages, how, token);
                },
                "the model",
                environment.Options.ModelSilence,
                environment.Time,
                cancellationToken);
            IsAsking = true;
            await foreach (var update in updates)
            {
                IsAsking = false;
                call?.Hear();
                await TakeAsync(update, cancellationToken);
                IsAsking = true;
            }

            IsAsking = false;
            call?.Complete();
            if (_isOpen)
            {
                AnswerRules.Check(run.Nodes, agent.Bounds);
            }
        }
        catch (Exception e) when (call?.Fail(e, cancellationToken.IsCancellationRequested, environment.Words.Of) == true)
        {
            throw;
        }
        catch (Exception) when (_isOpen && !run.HasToLeave && run.Nodes.Partial(environment.Time.GetUtcNow()) is { } said)
        {
            // What a listener has seen stays said, whatever cut it short: the next prompt's model knows of it.
            CutShort = (_idx, said);
            throw;
        }

        if (_isOpen)
        {
            await EndNodeAsync(cancellationToken);
        }
    }

    private async Task BeginNodeAsync(CancellationToken cancellationToken)
    {
        if (++_idx == environment.Options.MaxNodes)
        {
            throw new RunException($"the run needs more than {_idx} nodes ({AgentStreamOptions.Section}:{nameof(AgentStreamOptions.MaxNodes)})", FailureReasons.Limit);
        }

        if (_isOverLimit is not null)
        {
            throw _isOverLimit;
        }

        if (_idx > _requested)
        {
            await RequestAsync(cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        await run.Nodes.BeginAsync(journal.History.PendingRequest(), cancellationToken);
        _isOpen = true;
    }

    /// <summary>The next request, with what the user has said meanwhile.</summary>
    private async Task RequestAsync(CancellationToken cancellationToken)
    {
        var joining = steering is null ? [] : await steering.ReadAsync(run.Key, agent.Name, journal.History, cancellationToken);
        await journal.AddAsync(now => new RequestRecord(_idx, [.. joining.Select(prompt => new UserPromptPart(prompt.Prompt) { Timestamp = prompt.Timestamp })])
        {
            Timestamp = now,
            Steered = Steering.Names(joining),
        });
        foreach (var prompt in joining)
        {
            await run.EmitAsync(Protocol.Info, Protocol.AgentStreamOrigin, EntryBodies.Steered(prompt.Prompt), cancellationToken);
        }

        if (joining.Count > 0)
        {
            await steering!.RemoveAsync(run.Key, joining.Select(prompt => prompt.RunId));
        }
    }

    /// <summary>The response is in the journal before <c>llm-end</c> is announced.</summary>
    private async Task EndNodeAsync(CancellationToken cancellationToken)
    {
        var response = await run.Nodes.CompleteAsync(environment.Time.GetUtcNow(), cancellationToken);
        _call?.Add(response);
        _calls = [.. run.Nodes.Calls];
        Tools.Begin(_calls.Where(call => call.IsInformational).Select(call => call.Id));
        await journal.AddAsync(now => new ResponseRecord(_idx, response) { Timestamp = now });
        await run.Nodes.EndAsync(cancellationToken);
        _isOverLimit = usage is null ? null : await usage.CountTokensAsync(run.Key.UserKey, response.Usage);
        (_response, _isOpen) = (response, false);
    }

    private async ValueTask TakeAsync(ChatResponseUpdate update, CancellationToken cancellationToken)
    {
        var (saysSomething, hasCall, failed) = (false, false, update.FinishReason == AnswerRules.Error);
        foreach (var content in update.Contents)
        {
            if (content is FunctionResultContent)
            {
                await TakeApartAsync(update, cancellationToken);
                return;
            }

            // Not what it cost, and not what stands for nothing at all.
            saysSomething |= content is not UsageContent && content.GetType() != typeof(AIContent);
            hasCall |= content is FunctionCallContent;
            failed |= content is ErrorContent;
        }

        if (!_isOpen)
        {
            if (!saysSomething)
            {
                return;
            }

            await BeginNodeAsync(cancellationToken);
        }

        await run.Nodes.UpdateAsync(hasCall ? agent.WithToolNames(update) : update, cancellationToken);
        if (failed)
        {
            throw AnswerRules.Failure(update);
        }
    }

    /// <summary>An update with results among its contents ends a node in the middle: its contents are taken one by one.</summary>
    private async ValueTask TakeApartAsync(ChatResponseUpdate update, CancellationToken cancellationToken)
    {
        foreach (var content in update.Contents)
        {
            if (content is FunctionResultContent result)
            {
                await TakeResultAsync(result, cancellationToken);
                continue;
            }

            var piece = update.Clone();
            piece.Contents = [content];
            await TakeAsync(piece, cancellationToken);
        }
    }

    private async Task TakeResultAsync(FunctionResultContent result, CancellationToken cancellationToken)
    {
        if (_isOpen)
        {
            await EndNodeAsync(cancellationToken);
        }

        var known = _calls.FirstOrDefault(call => call.ClientId == result.CallId && !journal.History.HasResult(call.Id));
        if (known is not null && _response?.ToolCalls.FirstOrDefault(call => call.ToolCallId == known.Id) is { } call)
        {
            await Tools.KeepAsync(call, result);
        }
    }
}
