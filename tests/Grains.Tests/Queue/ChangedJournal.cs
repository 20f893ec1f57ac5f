using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Queue;

/// <summary>A journal in memory that does something else first, or refuses records.</summary>
internal sealed class ChangedJournal : ISessionJournal
{
    private readonly InMemoryJournal _journal = new();
    private int _refusals;

    public void AddTo(IServiceCollection services) => services.AddSingleton<ISessionJournal>(this);

    public Func<Task> BeforeRead { get; set; } = () => Task.CompletedTask;

    public Func<Task> BeforeDelete { get; set; } = () => Task.CompletedTask;

    public Func<JournalRecord, bool> Refused { get; set; } = _ => false;

    public int Refusals => _refusals;

    public async ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default)
    {
        await BeforeRead();
        return await _journal.ReadAsync(key, afterVersion, cancellationToken);
    }

    public ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default)
    {
        if (records.Any(Refused))
        {
            Interlocked.Increment(ref _refusals);
            throw new InvalidDataException("The journal refuses it.");
        }

        return _journal.AppendAsync(owner, expectedVersion, records, cancellationToken);
    }

    public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default) =>
        _journal.ListSessionsAsync(user, count, cancellationToken);

    public async ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default)
    {
        await BeforeDelete();
        await _journal.DeleteAsync(owner, cancellationToken);
    }
}
