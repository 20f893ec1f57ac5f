using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Tests.Journal;

namespace AgentStream.Storage.Tests.InMemory;

/// <summary>The journal in memory keeps the contract.</summary>
public sealed class InMemoryJournalTests : JournalContract
{
    protected override ISessionJournal Journal { get; } = new InMemoryJournal();

    protected override ValueTask<ISessionJournal?> ReopenAsync() => new((ISessionJournal?)null);
}
