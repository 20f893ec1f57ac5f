using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Runs;

/// <summary>The runs of a session that have ended, in their order: where each stood in the stream, and which messages are its own.</summary>
internal sealed class PastRuns
{
    // Most sessions have none while their first run waits for its model.
    private List<PastRun>? _runs;
    private PastRun? _open;

    /// <summary>Takes in the next record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="messages">How many messages the session had before it.</param>
    public void Apply(JournalRecord record, int messages)
    {
        switch (record)
        {
            case RunStartedRecord started:
                _open = started.Begin is { } begin ? new PastRun(started.RunId, begin, messages) : null;
                break;
            case RunPausedRecord paused:
                End(paused.Last, messages, run => run with { Requests = paused.Requests });
                break;
            case RunEndedRecord ended:
                End(ended.Last, messages, run => run with { Error = ended.Error, Reason = ended.Reason });
                break;
            case ImportedRecord:
                Forget();
                break;
        }
    }

    /// <summary>Where the messages of each stand among the session's.</summary>
    public RunMessages[] Messages() => [.. (_runs ?? []).Select(run => new RunMessages(run.RunId, run.Begin, run.FirstMessage, run.Nodes * 2))];

    /// <summary>Lets go of all.</summary>
    public void Forget()
    {
        (_runs, _open) = (null, null);
    }

    /// <summary>The first run of which somebody misses something.</summary>
    /// <param name="after">The last entry that is known.</param>
    /// <param name="before">Runs that begin there or later are left out; null for none.</param>
    public PastRun? FindUnread(Cursor after, Cursor? before)
    {
        if (_runs is null)
        {
            return null;
        }

        var next = _runs.Count;
        while (next > 0 && _runs[next - 1].Begin > after)
        {
            next--;
        }

        var first = next > 0 && after <= _runs[next - 1].Last ? next - 1 : next;
        return first < _runs.Count && (before is null || _runs[first].Begin < before) ? _runs[first] : null;
    }

    private void End(Cursor? last, int messages, Func<PastRun, PastRun> how)
    {
        if (_open is { } run && last is { } place)
        {
            (_runs ??= []).Add(how(run with { Last = place, Nodes = (messages - run.FirstMessage) / 2 }));
        }

        _open = null;
    }
}

/// <summary>A run that has ended.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Begin">The cursor of its <c>begin</c>.</param>
/// <param name="FirstMessage">The index of its first message, a request, in the session's.</param>
internal sealed record PastRun(string RunId, Cursor Begin, int FirstMessage)
{
    /// <summary>The cursor of the last entry before those that said how it ended.</summary>
    public Cursor Last { get; init; }

    /// <summary>How many nodes have a response: so many requests and responses are its own.</summary>
    public int Nodes { get; init; }

    /// <summary>What its <c>error</c> said; null for none.</summary>
    public string? Error { get; init; }

    /// <summary>The same as one of <see cref="FailureReasons"/>; null where nobody has said so.</summary>
    public string? Reason { get; init; }

    /// <summary>What it waited for when it ended.</summary>
    public IReadOnlyList<PendingRequest> Requests { get; init; } = [];
}
