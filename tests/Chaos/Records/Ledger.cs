using System.Globalization;
using System.Text.Json;

namespace AgentStream.Chaos;

/// <summary>What was written for each session that somebody asked for, sorted out of all changes.</summary>
internal sealed class Ledger
{
    private static readonly string JournalStart = $"{Stage.Prefix}:#journal:";

    private readonly Dictionary<string, List<RunRecord>> _sessions = [];
    private readonly Lock _one = new();
    private long _order;

    /// <summary>How many entries were written to streams.</summary>
    public long Entries { get; private set; }

    /// <summary>Keeps what is written for a session from now on.</summary>
    public void Follow(string session)
    {
        lock (_one)
        {
            _sessions.Add(session, []);
        }
    }

    /// <summary>Forgets a session.</summary>
    public void Forget(string session)
    {
        lock (_one)
        {
            _sessions.Remove(session);
        }
    }

    /// <summary>Takes the runs that are over out of the ledger, when none is under way.</summary>
    /// <returns>Null while one is under way, or there is none.</returns>
    public IReadOnlyList<RunRecord>? TakeIfOver(string session)
    {
        lock (_one)
        {
            var runs = _sessions[session];
            if (runs.Count == 0 || !runs[^1].IsOver)
            {
                return null;
            }

            _sessions[session] = [];
            return runs;
        }
    }

    /// <summary>A look at the runs of a session, also those under way, for evidence.</summary>
    public IReadOnlyList<RunRecord> Look(string session)
    {
        lock (_one)
        {
            return [.. _sessions[session]];
        }
    }

    /// <summary>Takes in a change.</summary>
    public void Take(string[] command)
    {
        _order++;
        if (command.Length < 2 || !command[1].StartsWith(Stage.Prefix, StringComparison.Ordinal))
        {
            return;
        }

        var key = command[1].Split(':');
        lock (_one)
        {
            switch (command[0])
            {
                case "XADD" when command[1].StartsWith(JournalStart, StringComparison.Ordinal):
                    Journal(key[^1], RunId(command[4]), command[6]);
                    break;
                case "XADD" when key.Length == 4:
                    Stream(key[^1], command);
                    break;
                case "HSET" when key.Length == 5 && key[4] == "run":
                    Owner(key[3], command);
                    break;
            }
        }
    }

    /// <summary>A run that comes back to a silo has its id with a number behind it there, so that the silo cannot take it for the one that it had.</summary>
    private static string RunId(string run) => run.Split('~')[0];

    private void Stream(string session, string[] command)
    {
        Entries++;
        if (!_sessions.TryGetValue(session, out var runs))
        {
            return;
        }

        string? Field(string name) => Array.IndexOf(command, name, 3) is var at and > 0 ? command[at + 1] : null;
        var entry = new Entry(_order, command[2], Field("type")!, Field("origin")!, Field("body"));
        if (entry.Type == "begin" || runs.Count == 0)
        {
            runs.Add(new());
        }

        runs[^1].Entries.Add(entry);
    }

    private void Journal(string session, string run, string record)
    {
        // A run that was started over another's end, or whose begin is missing, has no record here: its journal is then not where it should be, either.
        if (_sessions.TryGetValue(session, out var runs) && runs.LastOrDefault(known => known.Id == run) is { } known)
        {
            known.Journal.Add(new(_order, JsonDocument.Parse(record).RootElement));
        }
        else if (runs is not null)
        {
            var lost = new RunRecord { Id = run };
            lost.Entries.Add(new(_order, "0-0", RunRecord.Homeless, "", null));
            runs.Add(lost);
        }
    }

    private void Owner(string session, string[] command)
    {
        if (!_sessions.TryGetValue(session, out var runs) || runs.Count == 0)
        {
            return;
        }

        var run = runs[^1];
        for (var i = 2; i < command.Length; i += 2)
        {
            switch (command[i])
            {
                case "run":
                    run.Id = RunId(command[i + 1]);
                    break;
                case "silo":
                    run.Owners.Add(command[i + 1]);
                    break;
                case "seq":
                    var number = long.Parse(command[i + 1], CultureInfo.InvariantCulture);
                    if (number != 0 && number != run.Appends + 1)
                    {
                        run.WrongNumber ??= string.Create(CultureInfo.InvariantCulture, $"{number} behind {run.Appends}");
                    }

                    run.Appends = number;
                    break;
            }
        }
    }
}
