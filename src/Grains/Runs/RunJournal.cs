using AgentStream.Grains.Output;
using AgentStream.Storage;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Runs;

/// <summary>
/// A session's journal in the hands of the run that owns it: one append at a time, each in the fold as soon as it is kept. While the journal is away an append is
/// repeated, with the same records: a shared journal recognises one that it has already.
/// </summary>
/// <param name="journal">The journal.</param>
/// <param name="owner">The run.</param>
/// <param name="history">The fold, lent by the session.</param>
/// <param name="environment">The clock of records, and the patience with a journal that is away.</param>
/// <param name="giveUp">Gives up on a journal that is away.</param>
internal sealed class RunJournal(ISessionJournal journal, RunToken owner, SessionState history, RunEnvironment environment, CancellationToken giveUp)
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>The fold.</summary>
    public SessionState History => history;

    /// <summary>Brings the fold up to what others have written since.</summary>
    public Task ReadNewsAsync() => history.ReadAsync(journal, owner.Key);

    /// <summary>Deletes the journal; the fold is of no more use.</summary>
    public async Task DeleteAsync() => await journal.DeleteAsync(owner, CancellationToken.None);

    /// <summary>Adds a record. A record that is under way is not canceled with the run: it is kept, or the journal says why not.</summary>
    public Task AddAsync(Func<DateTimeOffset, JournalRecord> record) => AddAsync(now => [record(now)]);

    /// <summary>Adds records, all or none.</summary>
    /// <param name="records">Makes the records, at a time.</param>
    /// <param name="limits">The limits that they must keep; null for none, as for what a run under way has to say.</param>
    /// <exception cref="LimitExceededException">They do not.</exception>
    public Task AddAsync(Func<DateTimeOffset, JournalRecord[]> records, LimitOptions? limits = null) => ChangeAsync(now => Task.FromResult(records(now)), limits);

    /// <summary>Adds records that depend on the fold, or on what has to be done before them: nobody else adds any meanwhile.</summary>
    /// <param name="records">Makes the records, at a time; none for no change.</param>
    /// <param name="limits">The limits that they must keep; null for none.</param>
    /// <exception cref="LimitExceededException">They do not.</exception>
    public async Task ChangeAsync(Func<DateTimeOffset, Task<JournalRecord[]>> records, LimitOptions? limits = null)
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            var made = await records(environment.Time.GetUtcNow());
            if (made.Length == 0)
            {
                return;
            }

            await environment.PatientlyAsync(() => journal.AppendAsync(owner, history.Version, made, limits, CancellationToken.None).AsTask(), giveUp);
            foreach (var record in made)
            {
                history.Apply(record.Size > 0 ? record : record with { Size = JournalRecordJson.Write(record).Length });
            }
        }
        finally
        {
            _turn.Release();
        }
    }
}
