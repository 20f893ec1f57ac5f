using AgentStream.Storage;
using AgentStream.Storage.Journal;

namespace AgentStream.Simulation.Tests;

/// <summary>What really happened in a session.</summary>
internal sealed class SessionBook(SessionKey key, Book book)
{
    public SessionKey Key => key;

    /// <summary>The run that owns the session; null when it has ended.</summary>
    public RunToken? Owner { get; set; }

    /// <summary>The run whose end Redis may still remember.</summary>
    public RunToken? LastEnded { get; set; }

    public bool IsCanceled { get; set; }

    /// <summary>Whether a client of ours was told that it canceled the run: then the run is to end as canceled.</summary>
    public bool IsPromised { get; set; }

    /// <summary>Whether the run is about to end, so that a cancel comes too late.</summary>
    public bool IsSealed { get; set; }

    public bool IsLive => Owner is not null && !IsCanceled;

    /// <summary>All entries that ever stood in the stream, also those that later runs have trimmed.</summary>
    public List<StreamEntry> History { get; } = [];

    /// <summary>What the journal has acknowledged.</summary>
    public List<byte[]> Records { get; } = [];

    /// <summary>Runs whose prompt the journal has.</summary>
    public HashSet<string> Begun { get; } = [];

    /// <summary>Runs whose end the journal has.</summary>
    public HashSet<string> Ended { get; } = [];

    /// <summary>The responses that the journal has.</summary>
    public HashSet<(string RunId, int Idx)> Responses { get; } = [];

    /// <summary>All requests that the journal ever had.</summary>
    public List<PendingRequest> Asked { get; } = [];

    /// <summary>Those that wait for an answer.</summary>
    public List<PendingRequest> Open { get; } = [];

    /// <summary>The answers that the journal ever had, by request.</summary>
    public Dictionary<string, RequestAnswer> Answers { get; } = [];

    private Pause? LastPause { get; set; }

    /// <summary>Whether a stream has expired, so that readers may have missed its rest.</summary>
    public bool HasExpired { get; set; }

    public RunStatus StatusOf(RunToken run) => Owner != run ? RunStatus.Lost : IsCanceled ? RunStatus.Canceled : RunStatus.Live;

    /// <summary>Takes in what stands in the stream now.</summary>
    public void Capture(IReadOnlyList<StreamEntry> stream)
    {
        if (stream.Count == 0)
        {
            if (Owner is not null || (History.Count > 0 && !HasExpired))
            {
                book.Fail($"1: the stream of {key.Session} is gone");
            }

            return;
        }

        if (!stream[0].IsBegin || stream.Skip(1).Any(item => item.IsBegin))
        {
            book.Fail($"1: the stream of {key.Session} begins with {stream[0].Type}, and has {stream.Count(item => item.IsBegin)} runs");
        }

        var start = History.FindIndex(known => known.Cursor >= stream[0].Cursor);
        start = start < 0 ? History.Count : start;
        for (var i = 0; i < stream.Count || start + i < History.Count; i++)
        {
            if (start + i >= History.Count)
            {
                if (History.Count > 0 && stream[i].Cursor <= History[^1].Cursor)
                {
                    book.Fail($"6: cursors of {key.Session} went back from {History[^1].Cursor} to {stream[i].Cursor}");
                }

                History.Add(stream[i]);
            }
            else if (i >= stream.Count || !IsSame(stream[i], History[start + i]))
            {
                book.Fail($"2: entry {History[start + i].Cursor} of {key.Session} was changed, or stands in the place of another");
                return;
            }
        }
    }

    /// <summary>Takes in what the journal has acknowledged.</summary>
    public void Journal(RunToken owner, int version, IReadOnlyList<JournalRecord> records)
    {
        for (var i = 0; i < records.Count; i++)
        {
            var json = JournalRecordJson.Write(records[i]);
            if (version + i < Records.Count)
            {
                if (!Records[version + i].AsSpan().SequenceEqual(json))
                {
                    book.Fail($"3: two records have version {version + i + 1} in the journal of {key.Session}");
                }

                continue;
            }

            if (version + i > Records.Count)
            {
                book.Fail($"3: the journal of {key.Session} has a gap before version {version + i + 1}");
            }

            Records.Add(json);
            switch (records[i])
            {
                case RunStartedRecord started:
                    Begun.Add(started.RunId);
                    Start(started);
                    break;
                case RunPausedRecord paused:
                    Ended.Add(paused.RunId);
                    End(owner, paused.RunId);
                    Ask(owner, paused);
                    break;
                case AnswerRecord answer:
                    Take(owner, answer);
                    break;
                case ResponseRecord response:
                    Responses.Add((owner.RunId, response.Idx));
                    break;
                case RunEndedRecord ended:
                    Ended.Add(ended.RunId);
                    if (ended.Error is null)
                    {
                        End(owner, ended.RunId);
                    }

                    if (IsPromised && ended.Error != Protocol.CanceledMessage)
                    {
                        book.Fail($"5: a cancel of {book.Name(owner)} was answered with true, and the journal has '{ended.Error}' for its end");
                    }

                    if (ended.Error?.StartsWith(Protocol.CrashedPrefix, StringComparison.Ordinal) == true && !ended.Error.Contains("processes that ran it are gone", StringComparison.Ordinal))
                    {
                        book.Fail($"4: {book.Name(owner)} was accepted, and ends with '{ended.Error}'");
                    }

                    break;
            }
        }
    }

    /// <summary>The journal is empty again.</summary>
    public void Delete()
    {
        Records.Clear();
        Begun.Clear();
        Ended.Clear();
        Open.Clear();
        LastPause = null;
    }

    private void Start(RunStartedRecord started)
    {
        if (started.Continues is null)
        {
            if (Open.Count > 0)
            {
                book.Count("declined by a prompt");
            }

            Open.Clear();
            LastPause = null;
        }
        else if (Open.Count > 0 || LastPause?.RunId != started.Continues || LastPause.Continued is not null)
        {
            book.Fail($"10: a run continues the one that asked in {key.Session}, and {Open.Count} requests are open");
        }
        else
        {
            LastPause.Continued = started.RunId;
        }
    }

    private void Ask(RunToken owner, RunPausedRecord paused)
    {
        book.Count("pauses");
        if (IsPromised)
        {
            book.Fail($"5: a cancel of {book.Name(owner)} was answered with true, and the run waits for somebody");
        }

        if (Open.Count > 0)
        {
            book.Fail($"10: {book.Name(owner)} asks, and {Open.Count} requests are open");
        }

        Open.AddRange(paused.Requests);
        Asked.AddRange(paused.Requests);
        LastPause = new(paused.RunId, paused.Requests);
    }

    private void Take(RunToken owner, AnswerRecord answer)
    {
        if (Open.Find(request => request.RequestId == answer.RequestId) is not { } request)
        {
            book.Fail($"10: {book.Name(owner)} took an answer to a request of {key.Session} that is not open");
            return;
        }

        Open.Remove(request);
        Answers.Add(request.RequestId, answer.Answer);
        book.Decided(request, (ApprovalAnswer)answer.Answer);
        if (((ApprovalAnswer)answer.Answer).IsApproved)
        {
            LastPause!.Allowed.Add(request.ToolCallId);
        }
    }

    /// <summary>A run that continued has come to its end in order: whatever was allowed was done.</summary>
    private void End(RunToken owner, string runId)
    {
        if (LastPause?.Continued == runId && LastPause.Allowed.Find(call => !book.IsSettled(call)) is { } left)
        {
            book.Fail($"10: {book.Name(owner)} has ended, and {left} was allowed and not made");
        }
    }

    private static bool IsSame(StreamEntry one, StreamEntry other) =>
        one.Cursor == other.Cursor && one.Type == other.Type && one.Body.Span.SequenceEqual(other.Body.Span);
}
