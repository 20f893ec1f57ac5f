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
                    break;
                case ResponseRecord response:
                    Responses.Add((owner.RunId, response.Idx));
                    break;
                case RunEndedRecord ended:
                    Ended.Add(ended.RunId);
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

    private static bool IsSame(StreamEntry one, StreamEntry other) =>
        one.Cursor == other.Cursor && one.Type == other.Type && one.Body.Span.SequenceEqual(other.Body.Span);
}
