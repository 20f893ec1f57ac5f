using AgentStream.Grains.Runs;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Standalone;

/// <summary>Keeps one session as a document of all its messages, by two functions of the user's. Cost grows with the history: that is the price of a document.</summary>
internal sealed class DocumentJournal(
    Func<CancellationToken, ValueTask<IReadOnlyList<ModelMessage>>> load,
    Func<IReadOnlyList<ModelMessage>, CancellationToken, ValueTask> save,
    TimeProvider timeProvider) : ISessionJournal
{
    private readonly SessionState _history = new();
    private readonly List<JournalRecord> _records = [];

    public async ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default)
    {
        if (_records.Count == 0)
        {
            Add(new ImportedRecord(await load(cancellationToken) ?? []) { Timestamp = timeProvider.GetUtcNow() });
        }

        return [.. _records.Skip(checked((int)afterVersion))];
    }

    public async ValueTask AppendAsync(
        RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default)
    {
        foreach (var record in records)
        {
            Add(record);
        }

        if (records.Any(record => record is ResponseRecord or RunEndedRecord or RunPausedRecord))
        {
            await save([.. _history.Messages], cancellationToken);
        }
    }

    public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("This journal is one session's document; whoever keeps the documents knows which sessions there are.");

    public async ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default)
    {
        _records.Clear();
        Add(new ImportedRecord([]) { Timestamp = timeProvider.GetUtcNow() });
        await save([], cancellationToken);
    }

    private void Add(JournalRecord record)
    {
        _records.Add(record);
        _history.Apply(record);
    }
}
