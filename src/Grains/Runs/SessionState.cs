using AgentStream.Grains.Approvals;
using AgentStream.Messages;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Runs;

/// <summary>
/// The fold of a session's journal: its messages, requests and responses in turn. A request that got no response
/// (the run was canceled or crashed) is not lost: its parts lead the next request.
/// </summary>
internal sealed partial class SessionState
{
    private readonly SessionMessages _messages = new();
    private List<RequestPart> _unanswered = [];
    private DateTimeOffset _requestedAt;
    private string? _runId;
    private JournalRecord? _last;
    private bool _hasImport;

    // Those of the last run that took some: before it is over, they are out of the queue.
    private HashSet<string>? _steered;

    /// <summary>Whether nothing has been said in it. It may have schedules, and a title.</summary>
    public bool IsEmpty => _messages.Count == 0 && LastPrompt is null && !_hasImport;

    /// <summary>Whether imported messages are folded in. An import that is to replace them needs what else there is, and not them.</summary>
    public bool HasImports { get; init; } = true;

    /// <summary>The number of records folded so far.</summary>
    public long Version { get; private set; }

    /// <summary>How many bytes of JSON it was folded from.</summary>
    public long Size { get; private set; }

    /// <summary>The answered requests and their responses.</summary>
    public IReadOnlyList<ModelMessage> Messages => _messages;

    /// <summary>What the stream of the last run said went wrong; null when it completed, or has not ended.</summary>
    public string? LastError { get; private set; }

    /// <summary>The same as one of <see cref="FailureReasons"/>; null where nobody has said so.</summary>
    public string? LastReason { get; private set; }

    /// <summary>How many nodes of the last run that ended have a response.</summary>
    public int LastAnswered { get; private set; }

    /// <summary>The title that the session was given last; null for none.</summary>
    public RenamedRecord? Name { get; private set; }

    /// <summary>That title, or the text of the first prompt, answered or not.</summary>
    public string Title => Name?.Title ?? ModelMessages.GetUserPrompt(_messages.Count > 0 ? _messages : [PendingRequest()]);

    /// <summary>The title as lists of sessions show it.</summary>
    public string ShortTitle => Name?.Title ?? JournaledSession.TitleOf(Title);

    /// <summary>The last run; null for none.</summary>
    public string? LastRunId { get; private set; }

    /// <summary>The prompt of the last run; null for none, and when the history came from elsewhere since.</summary>
    public string? LastPrompt { get; private set; }

    /// <summary>The last run whose prompt had waited; null for none. They start in their order, so one that is still found waiting though the journal has it can only be this one.</summary>
    public string? LastWaitedRunId { get; private set; }

    /// <summary>Whether a prompt that is found waiting was taken by a run already.</summary>
    public bool HasTaken(string queuedRunId) => LastWaitedRunId == queuedRunId || _steered?.Contains(queuedRunId) == true;

    /// <summary>Whether a run was the last that the journal knows the end of, or has taken an answer since.</summary>
    public bool IsLast(string runId) => LastRunId == runId || Requests.LastAnsweringRunId == runId;

    /// <summary>The tools of the client that came with the last prompt: those of its run, and of the runs that continue it.</summary>
    public IReadOnlyList<ClientTool> Tools { get; private set; } = [];

    /// <summary>Who sent the last prompt, as far as its run, and those that continue it, have to know.</summary>
    public RunCaller Caller { get; private set; } = RunCaller.Unknown;

    /// <summary>Where the last prompt wants the end of its run reported to, and those of the runs that continue it; null for nowhere.</summary>
    public string? Webhook { get; private set; }

    /// <summary>The span of the last run that the journal has one of; null for none.</summary>
    public string? Traceparent { get; private set; }

    /// <summary>The run that has no end yet; null when there is none.</summary>
    public RunProgress? Unfinished { get; private set; }

    /// <summary>What was asked of people and clients, and what they answered.</summary>
    public SessionRequests Requests { get; } = new();

    /// <summary>The prompts that are to come.</summary>
    public SessionSchedules Schedules { get; } = new();

    /// <summary>The runs that have ended, for those who come back late.</summary>
    public PastRuns Past { get; } = new();

    /// <summary>The runs whose prompts had an idempotency key.</summary>
    public KeyedRuns Keyed { get; } = new();

    /// <summary>Whether a call of the last response has its result.</summary>
    public bool HasResult(string toolCallId) => _results?.ContainsKey(toolCallId) == true;

    /// <summary>
    /// Takes in what the journal has behind <see cref="Version"/>. It is asked for the last known record again: where another process has deleted the session meanwhile, that is not
    /// there any more, or is another, and everything is read anew.
    /// </summary>
    /// <returns>The new version.</returns>
    public async Task<long> ReadAsync(ISessionJournal journal, SessionKey key)
    {
        var records = await ReadAsync(journal, key, Math.Max(0, Version - 1));

        // An import after what is known replaces it, whatever that was.
        var isReplaced = records is [ImportedRecord { Replaced: { } replaced }, ..] && replaced >= Version;
        if (Version > 0 && !isReplaced)
        {
            if (records is [var known, ..] && (ReferenceEquals(known, _last) || JournalRecordJson.Write(known).AsSpan().SequenceEqual(JournalRecordJson.Write(_last!))))
            {
                records = [.. records.Skip(1)];
            }
            else
            {
                Forget();
                records = await ReadAsync(journal, key, 0);
            }
        }

        foreach (var record in records)
        {
            Apply(record);
        }

        return Version;
    }

    /// <summary>Takes in the next record.</summary>
    public void Apply(JournalRecord record)
    {
        Past.Apply(record, _messages.Count);
        switch (record)
        {
            case RunStartedRecord { Continues: not null } continued:
                (_runId, LastRunId, LastError, Traceparent) = (continued.RunId, continued.RunId, null, continued.Traceparent ?? Traceparent);
                Unfinished = new RunProgress(continued.RunId, continued.Agent);
                break;
            case RunStartedRecord started:
                foreach (var declined in Requests.Decline(started.Timestamp))
                {
                    Results.TryAdd(declined.ToolCallId, declined);
                }

                if (started is { IdempotencyKey: { } key, RequestHash: { } hash })
                {
                    Keyed.Add(key, hash, started.RunId);
                }

                // A run that was never ended, because another was started over it, leaves its open calls like one that was.
                TakeResults(started.Timestamp);
                (_runId, LastRunId, LastPrompt, LastError) = (started.RunId, started.RunId, null, null);
                LastWaitedRunId = started.HasWaited ? started.RunId : LastWaitedRunId;
                (Tools, Caller, Webhook, Traceparent) = (started.Tools, started.Caller ?? RunCaller.Unknown, started.Webhook, started.Traceparent);
                Unfinished = new RunProgress(started.RunId, started.Agent);
                break;
            case RequestRecord request:
                TakeResults(request.Timestamp);
                _requestedAt = request.Timestamp;
                _unanswered.AddRange(request.Parts);
                TakeSteered(request.Steered);
                LastPrompt ??= request.Parts.OfType<UserPromptPart>().LastOrDefault()?.Text;
                Unfinished = Unfinished is null ? null : Unfinished with { Idx = request.Idx, IsAnswered = false };
                break;
            case ResponseRecord response:
                _messages.Add(PendingRequest());
                _messages.Add(response.Response.RunId is null ? response.Response with { RunId = _runId } : response.Response);
                _unanswered = [];
                Unfinished = Unfinished is null ? null : Unfinished with { IsAnswered = true };
                break;
            case RunPausedRecord paused:
                Requests.Pause(paused, Unfinished?.Agent ?? "");
                (_runId, LastError, LastAnswered, Unfinished) = (null, null, Unfinished?.Answered ?? 0, null);
                break;
            case AnswerRecord answer:
                Requests.Take(answer);
                break;
            case ToolStartedRecord tool:
                Requests.Start(tool);
                break;
            case RuleRevokedRecord rule:
                Requests.Revoke(rule);
                break;
            case RunResumedRecord resumed:
                Traceparent = resumed.Traceparent ?? Traceparent;
                // A process that stopped in order is not the run's fault.
                Unfinished = Unfinished is null ? null : Unfinished with { Resumes = Unfinished.Resumes + (Unfinished.IsGivenAway ? 0 : 1), IsGivenAway = false };
                break;
            case RunGivenAwayRecord:
                Unfinished = Unfinished is null ? null : Unfinished with { IsGivenAway = true };
                break;
            case ToolResultRecord { Result: var result }:
                Results[CallOf(result)] = result;
                break;
            case RenamedRecord renamed:
                Name = renamed;
                break;
            case ImportedRecord { Replaced: { } replaced } imported:
                Forget();
                AddImported(imported);
                Version = replaced;
                break;
            case CarriedOverRecord carried:
                foreach (var prompt in carried.Prompts)
                {
                    Take(prompt, prompt.RunId);
                }

                Schedules.Take(carried.Schedules);
                break;
            case ScheduleRecord schedule:
                Schedules.Apply(schedule);
                break;
            case ImportedRecord imported:
                AddImported(imported);
                _results = null;
                Requests.Forget();
                (_unanswered, LastPrompt, LastError, Unfinished, Tools) = ([], null, null, null, []);
                break;
            case RunEndedRecord ended:
                TakeResults(ended.Timestamp);
                (_runId, LastError, LastAnswered, Unfinished) = (null, ended.Error, Unfinished?.Answered ?? 0, null);
                LastReason = ended.Reason;
                break;
        }

        _last = record;
        Size += record.Size;
        Version++;
    }

    /// <summary>The prompts that have to be known when an import has replaced these records.</summary>
    /// <param name="waiting">The runs of the prompts that are in the queue: those that the journal has must not run again.</param>
    public SteeredPrompt[] CarryOver(IEnumerable<string> waiting) => [.. Keyed.All, .. waiting.Where(HasTaken).Select(run => new SteeredPrompt(run))];

    /// <summary>Lets go of the messages, before an import replaces them. A fold that was not imported into afterwards is of no more use.</summary>
    public void ForgetMessages()
    {
        _messages.Clear();
        _last = null;
    }

    /// <summary>The request that the model has not answered yet.</summary>
    public ModelRequest PendingRequest() => new(_unanswered.ToArray()) { Timestamp = _requestedAt, RunId = _runId };

    private void TakeSteered(IReadOnlyList<SteeredPrompt> steered)
    {
        foreach (var prompt in steered)
        {
            Take(prompt, _runId);
        }
    }

    private void Take(SteeredPrompt prompt, string? runId)
    {
        (_steered ??= []).Add(prompt.RunId);
        if (prompt is { IdempotencyKey: { } key, RequestHash: { } hash } && runId is not null)
        {
            Keyed.Add(key, hash, runId);
        }
    }

    private ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(ISessionJournal journal, SessionKey key, long afterVersion) =>
        HasImports ? journal.ReadAsync(key, afterVersion, CancellationToken.None) : journal.ReadWithoutImportsAsync(key, afterVersion, CancellationToken.None);

    private void AddImported(ImportedRecord imported)
    {
        _hasImport = true;
        _messages.Replace(HasImports ? imported.Messages : []);
    }

    private void Forget()
    {
        _messages.Clear();
        _results = null;
        Requests.Forget();
        Schedules.Forget();
        Keyed.Forget();
        Past.Forget();
        _steered = null;
        (_unanswered, _requestedAt, _runId, _last, _hasImport) = ([], default, null, null, false);
        (Size, Caller, Webhook, Traceparent, LastReason, Name) = (0, RunCaller.Unknown, null, null, null, null);
        (Version, LastError, LastAnswered, LastRunId, LastPrompt, LastWaitedRunId, Unfinished, Tools) = (0, null, 0, null, null, null, null, []);
    }
}
