using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Testing;

namespace AgentStream.Storage.Tests.Journal;

/// <summary>A journal that overrides nothing of what it need not keeps the contract: it has pages all the same, and keeps no limits.</summary>
public sealed class PlainJournalTests : SessionJournalContract
{
    protected override ISessionJournal Journal { get; } = new PlainJournal(new InMemoryJournal());

    protected override ValueTask<ISessionJournal?> ReopenAsync() => new((ISessionJournal?)null);

    private sealed class PlainJournal(ISessionJournal journal) : ISessionJournal
    {
        public ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default) => journal.ReadAsync(key, afterVersion, cancellationToken);

        public ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default) =>
            journal.AppendAsync(owner, expectedVersion, records, cancellationToken);

        public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default) =>
            journal.ListSessionsAsync(user, count, cancellationToken);

        public ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default) => journal.DeleteAsync(owner, cancellationToken);
    }
}

/// <summary>A journal that cannot tell which sessions there are keeps the rest of the contract.</summary>
public sealed class ListlessJournalTests : SessionJournalContract
{
    protected override ISessionJournal Journal { get; } = new ListlessJournal(new InMemoryJournal());

    protected override bool ListsSessions => false;

    protected override ValueTask<ISessionJournal?> ReopenAsync() => new((ISessionJournal?)null);

    private sealed class ListlessJournal(ISessionJournal journal) : ISessionJournal
    {
        public ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default) => journal.ReadAsync(key, afterVersion, cancellationToken);

        public ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default) =>
            journal.AppendAsync(owner, expectedVersion, records, cancellationToken);

        public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default) => journal.DeleteAsync(owner, cancellationToken);
    }
}
