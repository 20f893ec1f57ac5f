using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.Journal;

namespace AgentStream.Simulation.Tests;

internal sealed partial class Book
{
    private readonly Dictionary<string, string> _results = [];

    public long Journaled(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records)
    {
        var session = Of(owner.Key);
        if (session.Owner != owner)
        {
            Fail($"3: {Name(owner)} wrote to the journal, and did not own {owner.Key.Session}");
        }

        foreach (var result in records.OfType<ToolResultRecord>())
        {
            var part = (ToolReturnPart)result.Result;
            _results[part.ToolCallId] = part.Outcome;
        }

        session.Journal(owner, (int)expectedVersion, records);
        return expectedVersion + records.Count;
    }

    public void JournalRefused(RunToken owner, long expectedVersion)
    {
        Count("journal refusals");
        var session = Of(owner.Key);
        if (session.Owner == owner && session.Records.Count == expectedVersion)
        {
            Fail($"3: the journal refused {Name(owner)}, which owned {owner.Key.Session}");
        }
    }

    public bool Deleted(RunToken owner)
    {
        Count("deletes");
        var session = Of(owner.Key);
        if (session.Owner != owner)
        {
            Fail($"3: {Name(owner)} deleted the journal, and did not own {owner.Key.Session}");
        }

        session.Delete();
        return true;
    }

    public void ToolCalled(string id)
    {
        Count("tool calls");
        if (_results.ContainsKey(id))
        {
            Fail($"tools: {id} was called again, and the journal had its result");
        }
    }
}
