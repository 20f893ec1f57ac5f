using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.TestTools;

namespace AgentStream.Grains.Tests;

/// <summary>A journal that cannot read one session.</summary>
internal sealed class TornJournal : ISessionJournal
{
    private readonly InMemoryJournal _journal = new();
    private readonly TaskCompletionSource _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SessionKey? Torn { get; set; }

    /// <summary>Waits until the session was to be read.</summary>
    public Task RefusedAsync() => _refused.Task.Within();

    public ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default)
    {
        if (key != Torn)
        {
            return _journal.ReadAsync(key, afterVersion, cancellationToken);
        }

        _refused.TrySetResult();
        throw new InvalidDataException("torn");
    }

    public ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default) =>
        _journal.AppendAsync(owner, expectedVersion, records, cancellationToken);

    public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default) =>
        _journal.ListSessionsAsync(user, count, cancellationToken);

    public ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default) => _journal.DeleteAsync(owner, cancellationToken);
}
