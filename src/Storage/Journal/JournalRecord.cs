using System.Text.Json;
using AgentStream.Messages;

namespace AgentStream.Storage.Journal;

/// <summary>One fact about a session; the fold of a session's records is its state.</summary>
public abstract record JournalRecord
{
    /// <summary>When it was written, in UTC.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>About how many bytes it has as JSON; 0 where that is not known. It is not kept.</summary>
    public int Size { get; init; }

    /// <summary>Whether another record says the same at the same time. Its size does not matter.</summary>
    /// <param name="other">The other record.</param>
    /// <returns>Whether it does.</returns>
    public virtual bool Equals(JournalRecord? other) => other is not null && EqualityContract == other.EqualityContract && Timestamp == other.Timestamp;

    /// <inheritdoc/>
    public override int GetHashCode() => Timestamp.GetHashCode();
}

/// <summary>A run was accepted.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Agent">The agent's name.</param>
/// <param name="HasWaited">Whether its prompt had to wait for its turn.</param>
/// <param name="Continues">The run that it continues with the answers to what that waited for (<see cref="RunPausedRecord"/>); null for a run with a prompt of its own.</param>
public sealed record RunStartedRecord(string RunId, string Agent, bool HasWaited = false, string? Continues = null) : JournalRecord
{
    /// <summary>The idempotency key that the prompt came with; null for none.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>A hash of what was asked, by which the same request is known; null without a key.</summary>
    public string? RequestHash { get; init; }

    /// <summary>The tools of the client that came with the prompt. A run that continues another has those of that one, and says nothing of them.</summary>
    public IReadOnlyList<ClientTool> Tools { get; init; } = [];

    /// <summary>The cursor of the run's <c>begin</c>; null where an older version wrote the record.</summary>
    public Cursor? Begin { get; init; }

    /// <summary>Who started the run, as far as it needs to know; null for nothing. A run that continues another has the caller of that one, and says nothing of it.</summary>
    public RunCaller? Caller { get; init; }

    /// <summary>The URL that the prompt wants its run's end reported to; null for none. A run that continues another has that of that one, and says nothing of it.</summary>
    public string? Webhook { get; init; }

    /// <summary>The run's span as W3C's <c>traceparent</c>, by which the run stays in its trace in whatever process it continues; null without one.</summary>
    public string? Traceparent { get; init; }
}

/// <summary>A node begins: a request goes to the model.</summary>
/// <param name="Idx">The node, from 0 within the run.</param>
/// <param name="Parts">The request's parts, without the tool results: those have records of their own and stand before these.</param>
public sealed record RequestRecord(int Idx, IReadOnlyList<RequestPart> Parts) : JournalRecord
{
    /// <summary>The queued prompts that joined the run with this request; their parts are among its parts.</summary>
    public IReadOnlyList<SteeredPrompt> Steered { get; init; } = [];
}

/// <summary>A queued prompt that joined a live run.</summary>
/// <param name="RunId">The run that it would have been.</param>
/// <param name="IdempotencyKey">The idempotency key that it came with; null for none.</param>
/// <param name="RequestHash">A hash of what was asked; null without a key.</param>
public sealed record SteeredPrompt(string RunId, string? IdempotencyKey = null, string? RequestHash = null);

/// <summary>A node's response is complete.</summary>
/// <param name="Idx">The node.</param>
/// <param name="Response">The response.</param>
public sealed record ResponseRecord(int Idx, ModelResponse Response) : JournalRecord;

/// <summary>A tool call has its result.</summary>
/// <param name="Result">The result: a <see cref="ToolReturnPart"/> or a <see cref="RetryPromptPart"/>.</param>
public sealed record ToolResultRecord(RequestPart Result) : JournalRecord;

/// <summary>A process recovered the run from one that died, and continues it.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Idx">The node at which it continues.</param>
public sealed record RunResumedRecord(string RunId, int Idx) : JournalRecord
{
    /// <summary>The run's span in this process as W3C's <c>traceparent</c>, for the process that may recover the run next; null without one.</summary>
    public string? Traceparent { get; init; }
}

/// <summary>The run's process was about to stop, and left the run to another at a place where nothing was half done, or had to.</summary>
/// <param name="RunId">The run.</param>
public sealed record RunGivenAwayRecord(string RunId) : JournalRecord;

/// <summary>A run has ended.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Error">What the stream's <c>error</c> entry says; null when the run completed.</param>
public sealed record RunEndedRecord(string RunId, string? Error) : JournalRecord
{
    /// <summary>Why it failed: one of <see cref="FailureReasons"/>. Null when it did not, or when an older version wrote the record.</summary>
    public string? Reason { get; init; }

    /// <summary>The cursor of the last entry before the <c>error</c> and the <c>end</c> of the run; null where that is not known.</summary>
    public Cursor? Last { get; init; }
}

/// <summary>A run has ended because it cannot continue without somebody. Another continues it when all requests have their answers.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Requests">What it waits for, at least one.</param>
public sealed record RunPausedRecord(string RunId, IReadOnlyList<PendingRequest> Requests) : JournalRecord
{
    /// <summary>The cursor of the last entry before those that ask, and the <c>end</c> of the run; null where that is not known.</summary>
    public Cursor? Last { get; init; }
}

/// <summary>A request has its answer. The result of a call that is not allowed, or that the client carried out, is a record of its own.</summary>
/// <param name="RunId">The run that took the answer: the one that continues, if it is the answer to the last open request.</param>
/// <param name="RequestId">The request.</param>
/// <param name="Answer">The answer.</param>
public sealed record AnswerRecord(string RunId, string RequestId, RequestAnswer Answer) : JournalRecord;

/// <summary>A call that somebody allowed is about to be made. It is not made again, whatever happens.</summary>
/// <param name="ToolCallId">The call.</param>
public sealed record ToolStartedRecord(string ToolCallId) : JournalRecord;

/// <summary>A permission for later calls was taken back.</summary>
/// <param name="RuleId">The rule.</param>
public sealed record RuleRevokedRecord(string RuleId) : JournalRecord;

/// <summary>The history was brought from elsewhere, and replaces what was there.</summary>
/// <param name="Messages">Requests and responses in turn.</param>
public sealed record ImportedRecord(IReadOnlyList<ModelMessage> Messages) : JournalRecord
{
    /// <summary>
    /// How many records stood before it, so that a reader knows its version: it is this number and 1. A journal may drop them when it takes this record, and ours do. Null when they are to be kept, as in
    /// what an older version wrote.
    /// </summary>
    public long? Replaced { get; init; }
}

/// <summary>Stands after an import, with what has to be known of the records that it replaced: prompts that must not run again.</summary>
/// <param name="Prompts">Prompts that were taken. The run is that of the prompt, or the one that it joined.</param>
public sealed record CarriedOverRecord(IReadOnlyList<SteeredPrompt> Prompts) : JournalRecord
{
    /// <summary>The idempotency keys of requests that set schedules, with the id of the schedule in the place of the run. The schedules themselves have records of their own.</summary>
    public IReadOnlyList<SteeredPrompt> Schedules { get; init; } = [];
}

/// <summary>A record of a type that is not known here: a later version wrote it. It counts, and says nothing.</summary>
/// <param name="Json">The record.</param>
public sealed record UnknownRecord(JsonElement Json) : JournalRecord;
