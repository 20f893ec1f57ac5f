using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Sessions;

/// <summary>The title of a session.</summary>
internal sealed partial class SessionGrain
{
    /// <summary>
    /// A run that is under way here owns the journal, so the title goes there between what the run has to say. That is a call of its own: no other run can begin in this grain before it is done, and fold
    /// the journal into the same state.
    /// </summary>
    async Task<bool> ISessionGrain.RenameAsync(string title)
    {
        var name = SessionTitleRules.Trim(title);
        if (LiveRun is { } run && await run.RenameAsync(now => new RenamedRecord(name) { Timestamp = now }))
        {
            return true;
        }

        // A session that does not exist gets no stream.
        var state = StateForAnswers();
        if (await state.ReadAsync(journal, Key) == 0 && !await environment.Store.IsLiveAsync(Key))
        {
            return false;
        }

        var isKnown = false;
        await ChangeAsync(async (_, records) =>
        {
            if (isKnown = records.History.Version > 0)
            {
                await records.AddAsync(now => [new RenamedRecord(name) { Timestamp = now }], environment.Options.Limits);
            }
        });
        return isKnown;
    }

    /// <summary>The title that a session keeps when its history is replaced.</summary>
    private static JournalRecord[] NameRecords(RenamedRecord? name, DateTimeOffset now) => name is null ? [] : [name with { Timestamp = now, Size = 0 }];
}
