using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests;

/// <summary>A journal that stops at a gate before it takes a certain record.</summary>
internal sealed class GatedJournal(Gate gate, Func<JournalRecord, bool> stopAt) : ISessionJournal
{
    private readonly InMemoryJournal _journal = new();

    /// <summary>What stood at the gate, or stands there.</summary>
    public IReadOnlyList<JournalRecord> Stopped { get; private set; } = [];

    public void AddTo(IServiceCollection services) => services.AddSingleton<ISessionJournal>(this);

    public ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default) =>
        _journal.ReadAsync(key, afterVersion, cancellationToken);

    public async ValueTask AppendAsync(
        RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default)
    {
        if (records.Any(stopAt))
        {
            Stopped = records;
            gate.Reached();
            await gate.OpenedAsync(cancellationToken);
        }

        await _journal.AppendAsync(owner, expectedVersion, records, cancellationToken);
    }

    public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default) =>
        _journal.ListSessionsAsync(user, count, cancellationToken);

    public ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default) => _journal.DeleteAsync(owner, cancellationToken);
}
