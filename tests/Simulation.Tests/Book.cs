using AgentStream.Storage;
using AgentStream.Storage.Ownership;

namespace AgentStream.Simulation.Tests;

/// <summary>
/// What really happened, in the order in which Redis did it: who owned what, and what each was answered. It holds each answer against the invariants of the
/// design, and keeps the first that breaks one.
/// </summary>
internal sealed partial class Book(World world)
{
    private readonly Dictionary<SessionKey, SessionBook> _sessions = [];
    private readonly Dictionary<string, string> _names = new() { [SiloIdentity.Nobody] = SiloIdentity.Nobody };
    private readonly HashSet<string> _leases = [];
    private int _runs;

    /// <summary>What is wrong; null for nothing.</summary>
    public string? Violation { get; private set; }

    /// <summary>How many words each request to a model was answered with.</summary>
    public Dictionary<int, int> Said { get; } = [];

    /// <summary>How often what happened, so that a test can see that anything did.</summary>
    public Dictionary<string, int> Counts { get; } = [];

    public IEnumerable<SessionBook> Sessions => _sessions.Values;

    public void Fail(string what) => Violation ??= what;

    public void Count(string what) => Counts[what] = Counts.GetValueOrDefault(what) + 1;

    public SessionBook Of(SessionKey key) => _sessions.TryGetValue(key, out var session) ? session : _sessions[key] = new(key, this);

    public void NameSilo(string id, string name) => _names[id] = name;

    /// <summary>A name that is the same whenever the seed is: ids are random.</summary>
    public string Name(RunToken run)
    {
        if (!_names.TryGetValue(run.RunId, out var name))
        {
            _names[run.RunId] = name = $"r{++_runs}";
        }

        return $"{name}@{_names[run.SiloId]}{(run.Turn == 0 ? "" : $" (turn {run.Turn})")}";
    }

    public async Task<Cursor> StartAsync(RunToken run, Func<Task<Cursor>> start)
    {
        var session = Of(run.Key);
        session.Capture(await world.ReadStreamAsync(run.Key));
        try
        {
            var begin = await start();
            if (session.Owner is not null && session.Owner != run)
            {
                Fail($"2: {Name(run)} started while {Name(session.Owner)} owned {run.Key.Session}");
            }

            if (session.Owner is null)
            {
                (session.Owner, session.IsCanceled, session.IsPromised, session.IsSealed) = (run, false, false, false);
                Count("runs");
            }

            _leases.Add(run.SiloId);
            return begin;
        }
        catch (SessionBusyException)
        {
            Count("busy");
            if (session.Owner is null)
            {
                Fail($"4: {Name(run)} was told that {run.Key.Session} is busy, and nobody owned it");
            }

            throw;
        }
    }

    public AppendResult Appended(RunToken run, IReadOnlyList<NewEntry> events, AppendResult result)
    {
        var session = Of(run.Key);
        CheckAnswer(session, run, result, "append");
        if (session.Owner == run)
        {
            foreach (var item in events)
            {
                if (NodeEvent.Of(item.Type, item.Body) is { Kind: "llm-end" } end && !session.Responses.Contains((run.RunId, end.Idx)))
                {
                    Fail($"3: {Name(run)} announced the end of node {end.Idx}, and the journal did not have the response");
                }
            }
        }

        return result;
    }

    public AppendResult Finished(RunToken run, AppendResult result)
    {
        var session = Of(run.Key);
        CheckAnswer(session, run, result, "finish");
        if (session.Owner == run)
        {
            (session.Owner, session.LastEnded) = (null, run);
            Count("ends");
            if (session.Begun.Contains(run.RunId) && !session.Ended.Contains(run.RunId))
            {
                Fail($"3: {Name(run)} ended, and the journal did not say so");
            }
        }
        else if (result.Status != RunStatus.Lost)
        {
            Count("finishes that came twice");
        }

        return result;
    }

    public bool Canceled(SessionKey key, bool answer, bool isTold = true)
    {
        var session = Of(key);
        // Another library takes the flag away whenever it is there.
        var isOpen = session.IsLive && !(isTold && session.IsSealed);
        if (answer != isOpen)
        {
            Fail($"5: a cancel of {key.Session} was answered with {answer}, and {(isOpen ? "its run was live" : session.IsLive ? "its run was sealed" : "it had no live run")}");
        }

        if (answer)
        {
            Count("cancels");
            session.IsCanceled = true;
            session.IsPromised = isTold;
            if (isTold && session.Owner!.SiloId != SiloIdentity.Nobody)
            {
                world.Notices.Add(session.Owner!);
            }
        }

        return answer;
    }

    public RunStatus Sealed(RunToken run, bool isSealed, RunStatus answer)
    {
        var session = Of(run.Key);
        CheckAnswer(session, run, new(answer, Cursor.Start), isSealed ? "seal" : "opening");
        if (session.Owner == run && answer == RunStatus.Live)
        {
            Count("seals");
            session.IsSealed = isSealed;
        }

        return answer;
    }

    public IReadOnlyList<SessionKey> Queried(IReadOnlyList<SessionKey> answer)
    {
        var live = _sessions.Values.Where(session => session.IsLive).Select(session => session.Key.Session).Order(StringComparer.Ordinal);
        if (!answer.Select(key => key.Session).SequenceEqual(live))
        {
            Fail($"7: the query said {string.Join(", ", answer)}, live were {string.Join(", ", live)}");
        }

        return answer;
    }

    public bool Leased(string siloId, bool isLeased)
    {
        _ = isLeased ? _leases.Add(siloId) : _leases.Remove(siloId);
        return isLeased;
    }

    public bool HasLease(string siloId) => _leases.Contains(siloId);

    public IReadOnlyList<RunStatus> Checked(IReadOnlyList<RunToken> runs, IReadOnlyList<RunStatus> answer)
    {
        for (var i = 0; i < runs.Count; i++)
        {
            var status = Of(runs[i].Key).StatusOf(runs[i]);
            if (answer[i] != status)
            {
                Fail($"2: {Name(runs[i])} was told that it is {answer[i]}, and was {status}");
            }
        }

        return answer;
    }

    public IReadOnlyList<RunToken> Found(IReadOnlyList<RunToken> answer)
    {
        var found = answer.OrderBy(Name, StringComparer.Ordinal).ToList();
        var orphan = _sessions.Values.Select(session => session.Owner).OfType<RunToken>().Where(owner => !_leases.Contains(owner.SiloId))
            .OrderBy(Name, StringComparer.Ordinal);
        if (!found.SequenceEqual(orphan))
        {
            Fail($"4: orphan were {string.Join(", ", orphan.Select(Name))}, found were {string.Join(", ", found.Select(Name))}");
        }

        return found;
    }

    public bool Released(RunToken run)
    {
        var session = Of(run.Key);
        if (session.Owner == run)
        {
            Count("runs handed off");
            session.Owner = run with { SiloId = SiloIdentity.Nobody };
        }

        return session.Owner != run;
    }

    public RecoveredRun? Taken(RunToken orphan, string siloId, RecoveredRun? taken)
    {
        var session = Of(orphan.Key);
        var heir = orphan.For(siloId);
        var isFree = session.Owner == heir || (session.Owner == orphan && !_leases.Contains(orphan.SiloId));
        if (isFree != (taken is not null))
        {
            Fail($"2: {_names[siloId]} {(taken is null ? "was refused" : "took")} {Name(orphan)}, owned by {(session.Owner is null ? "nobody" : Name(session.Owner))}");
        }

        if (taken is not null)
        {
            Count("recoveries");
            session.Owner = heir;
            _leases.Add(siloId);
            if (taken.Status != session.StatusOf(heir) || taken.IsSealed != session.IsSealed)
            {
                Fail($"5: {Name(heir)} was recovered as {taken.Status}");
            }
        }

        return taken;
    }

    public void Accepted(RunToken run)
    {
        Count("prompts");
        if (!Of(run.Key).Begun.Contains(run.RunId))
        {
            Fail($"4: {Name(run)} was accepted, and the journal did not have the prompt");
        }
    }

    private void CheckAnswer(SessionBook session, RunToken run, AppendResult result, string what)
    {
        if (session.Owner == run)
        {
            if (result.Status != session.StatusOf(run))
            {
                Fail($"2: {what} of {Name(run)} was told {result.Status}, and it was {session.StatusOf(run)}");
            }
        }
        else if (result.Status == RunStatus.Lost)
        {
            Count("refused to who lost it");
        }
        else if (session.LastEnded != run)
        {
            Fail($"2: {what} of {Name(run)} was told {result.Status}, and {(session.Owner is null ? "nobody" : Name(session.Owner))} owned {run.Key.Session}");
        }
    }
}
