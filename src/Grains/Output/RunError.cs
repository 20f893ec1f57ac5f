using AgentStream.Storage;

namespace AgentStream.Grains.Output;

/// <summary>What the stream and the journal say of a run that did not complete.</summary>
/// <param name="Message">The <c>msg</c>, as the original has it.</param>
/// <param name="Reason">One of <see cref="FailureReasons"/>; null for a run that was canceled, and where an older version wrote it down.</param>
internal sealed record RunError(string Message, string? Reason = null)
{
    // Enough that two runs of a day do not share it, and short enough to be read out.
    private const int ReferenceLength = 12;

    /// <summary>Somebody canceled it.</summary>
    public static readonly RunError Canceled = new(Protocol.CanceledMessage);

    /// <summary>A run that crashed.</summary>
    /// <param name="text">Why, as the rest of a sentence.</param>
    /// <param name="reason">The same as a word.</param>
    public static RunError Crashed(string text, string reason) => new(Protocol.CrashedPrefix + text, reason);

    /// <summary>What a journal has of a run's end; null when the run completed.</summary>
    public static RunError? Of(string? message, string? reason) => message is null ? null : new(message, reason);

    /// <summary>By what a user can name a failed run: the end of its id. So it is the same in every process, and a search of the log finds all lines about the run.</summary>
    public static string ReferenceOf(string runId) => runId.Length <= ReferenceLength ? runId : runId[^ReferenceLength..];

    /// <summary>The <c>error</c> entry of a run.</summary>
    public NewEntry ToEntry(string runId) =>
        new(Protocol.Error, Protocol.DeveloperOrigin, Reason is null ? EntryBodies.Message(Message) : EntryBodies.Failed(Message, Reason, ReferenceOf(runId)));
}
