using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using AgentStream.Storage.Ownership;

namespace AgentStream.Storage.InMemory;

/// <summary>What the memory log knows of one session. Everything here is read and changed under <see cref="Gate"/> alone.</summary>
internal sealed class MemorySession(SessionKey key)
{
    private readonly Queue<PastRun> _past = new();
    private List<StreamEntry> _events = [];
    private TimeSpan? _streamDue;
    private TimeSpan? _ownerDue;

    public Lock Gate { get; } = new();

    public SessionKey Key { get; } = key;

    /// <summary>It is out of the log's dictionary: whoever still found it looks again.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>The run whose live flag is up; null when none is.</summary>
    public string? LiveRun { get; private set; }

    public MemoryOwner? Owner { get; private set; }

    /// <summary>The last cursor that was given out, also by earlier runs.</summary>
    public Cursor Last { get; private set; }

    public List<Action<StreamNotice>> Watchers { get; } = [];

    /// <summary>Nothing is left that anybody could ask for.</summary>
    public bool IsEmpty => Owner is null && LiveRun is null && _events.Count == 0 && _past.Count == 0 && Watchers.Count == 0;

    public bool HasPast => _past.Count > 0;

    public bool IsOpen => Owner is { HasEnded: false };

    /// <summary>Forgets what has expired.</summary>
    public void Expire(TimeSpan now)
    {
        if (_streamDue <= now)
        {
            _streamDue = null;
            _events = [];
        }

        while (_past.TryPeek(out var past) && past.Due <= now)
        {
            _past.Dequeue();
        }

        if (_ownerDue <= now)
        {
            _ownerDue = null;
            Owner = null;
        }
    }

    public Cursor Begin(RunToken run, string origin, ReadOnlyMemory<byte> body, ulong milliseconds, TimeSpan pastDue)
    {
        if (_events.Count > 0)
        {
            _past.Enqueue(new(Owner?.Run, _events, pastDue));
            if (_past.Count > StreamRules.PastRuns)
            {
                _past.Dequeue();
            }

            // Not directly behind the last end: the place before a begin is in its run, the place of an end is not.
            Last = Last.Next;
        }

        _events = [];
        _streamDue = _ownerDue = null;
        LiveRun = run.RunId;
        var begin = Add(new NewEntry(Protocol.Begin, origin, body), milliseconds);
        Owner = new MemoryOwner(run, begin);
        return begin;
    }

    public AppendResult Append(RunToken run, long number, IReadOnlyList<NewEntry> events, ulong milliseconds)
    {
        if (!IsOwnedBy(run) || (Owner.HasEnded && number > Owner.Number))
        {
            return new(RunStatus.Lost, Cursor.Start);
        }

        if (number > Owner.Number)
        {
            AddAll(events, milliseconds);
            Owner.Number = number;
            Owner.Last = Last;
        }

        return new(Status(), Owner.Last);
    }

    public AppendResult Finish(
        RunToken run, long number, IReadOnlyList<NewEntry> events, string origin, ulong milliseconds, TimeSpan streamDue, TimeSpan ownerDue)
    {
        if (!IsOwnedBy(run))
        {
            return new(RunStatus.Lost, Cursor.Start);
        }

        if (!Owner.HasEnded)
        {
            if (number > Owner.Number)
            {
                AddAll(events, milliseconds);
                Owner.Number = number;
            }

            Owner.Last = Add(new NewEntry(Protocol.End, origin, default), milliseconds);
            Owner.EndedAs = Status();
            LiveRun = null;
            _streamDue = streamDue;
            _ownerDue = ownerDue;
        }

        return new(Status(), Owner.Last);
    }

    public RunStatus Seal(RunToken run, bool isSealed)
    {
        if (!IsOwnedBy(run))
        {
            return RunStatus.Lost;
        }

        if (!Owner.HasEnded && Status() == RunStatus.Live)
        {
            Owner.IsSealed = isSealed;
        }

        return Status();
    }

    public bool Cancel(string? runId)
    {
        if (runId is not null && runId != LiveRun)
        {
            return false;
        }

        if (Owner is { HasEnded: false, IsSealed: true } && Status() == RunStatus.Live)
        {
            return false;
        }

        var wasLive = LiveRun is not null;
        LiveRun = null;
        return wasLive;
    }

    public bool Release(RunToken run)
    {
        if (!IsOwnedBy(run) || Owner.HasEnded)
        {
            return false;
        }

        Owner.Run = run with { SiloId = SiloIdentity.Nobody };
        return true;
    }

    public RunStatus Check(RunToken run) => IsOwnedBy(run) && !Owner.HasEnded ? Status() : RunStatus.Lost;

    public StreamSlice Read(Cursor after, int count)
    {
        if (after != Cursor.Start && _past.LastOrDefault(run => run.Begin.Previous <= after && after < run.Last) is { } past)
        {
            return new(Take(past.Events, after, count), IsOpen: true);
        }

        var taken = Take(_events, after, count);
        return new(taken, IsOpen || taken.Count == count);
    }

    /// <summary>The run of an id, the session's last or one before it; null when there is none. No id stands for the last.</summary>
    public RunInfo? Find(string? runId) =>
        Owner is { } owner && (runId is null || owner.Run.RunId == runId) ? Known(owner) : Known(_past.LastOrDefault(run => runId is not null && run.Run?.RunId == runId));

    /// <summary>The run that an entry is of; null when it is not known.</summary>
    public RunInfo? FindAt(Cursor entry) =>
        Owner is { } owner && owner.Begin <= entry ? Known(owner) : Known(_past.LastOrDefault(run => run.Run is not null && run.Begin <= entry && entry <= run.Last));

    private RunInfo Known(MemoryOwner owner) => new(owner.Run, owner.Begin, owner.HasEnded ? owner.Last : Last, owner.HasEnded);

    private static RunInfo? Known(PastRun? past) => past is null ? null : new(past.Run!, past.Begin, past.Last, HasEnded: true);

    private static List<StreamEntry> Take(List<StreamEntry> events, Cursor after, int count)
    {
        var first = FirstBehind(events, after);
        return events.GetRange(first, Math.Min(count, events.Count - first));
    }

    [MemberNotNullWhen(true, nameof(Owner))]
    private bool IsOwnedBy(RunToken run) => Owner?.Run == run;

    private RunStatus Status() => Owner?.EndedAs ?? (LiveRun == Owner?.Run.RunId ? RunStatus.Live : RunStatus.Canceled);

    private void AddAll(IReadOnlyList<NewEntry> events, ulong milliseconds)
    {
        for (var i = 0; i < events.Count; i++)
        {
            Add(events[i], milliseconds);
        }
    }

    private Cursor Add(NewEntry added, ulong milliseconds)
    {
        Last = milliseconds > Last.Milliseconds ? new(milliseconds, 0) : Last.Next;
        _events.Add(new(Last, added.Type, added.Origin, added.Body));
        return Last;
    }

    private static int FirstBehind(List<StreamEntry> list, Cursor after)
    {
        var events = CollectionsMarshal.AsSpan(list);
        var (low, high) = (0, events.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (events[middle].Cursor <= after)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}

/// <summary>A session's owner: a run that is under way, or one that has ended and is remembered for a while.</summary>
internal sealed class MemoryOwner(RunToken run, Cursor begin)
{
    public RunToken Run { get; set; } = run;

    public Cursor Begin { get; } = begin;

    public long Number { get; set; }

    public Cursor Last { get; set; } = begin;

    /// <summary>How the run stood when it finished; null while it has not.</summary>
    public RunStatus? EndedAs { get; set; }

    public bool HasEnded => EndedAs is not null;

    /// <summary>Whether it is about to end, and a cancel comes too late.</summary>
    public bool IsSealed { get; set; }
}

/// <summary>A past run, for those who have not read all of it.</summary>
/// <param name="Run">The run; null when it was forgotten before the next began.</param>
/// <param name="Events">Its events; at least one.</param>
/// <param name="Due">When it is forgotten.</param>
internal sealed record PastRun(RunToken? Run, List<StreamEntry> Events, TimeSpan Due)
{
    public Cursor Begin => Events[0].Cursor;

    public Cursor Last => Events[^1].Cursor;
}
