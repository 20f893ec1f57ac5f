using AgentStream.Storage.Journal;

namespace AgentStream.Storage.Testing;

public abstract partial class SessionJournalContract
{
    /// <summary>
    /// A journal of a single process finds the sessions whose last run has not ended (<see cref="JournaledSession.HasUnfinishedRun"/>), also after <see cref="ReopenAsync"/>. Another one finds none.
    /// </summary>
    [Fact]
    public async Task Sessions_whose_last_run_has_not_ended_are_found_also_after_a_restart()
    {
        var user = NewUser();
        await KeepAsync("Ended", SampleRecords.Started(), SampleRecords.Said("x"), SampleRecords.Ended());
        await KeepAsync("Open", SampleRecords.Started(), SampleRecords.Said("x"));
        await KeepAsync("open-again", SampleRecords.Started(), SampleRecords.Ended(), SampleRecords.Started("run-2"), SampleRecords.Said("x"));
        await KeepAsync("resumed", SampleRecords.Started(), new RunResumedRecord("run-1", 0) { Timestamp = SampleRecords.Time });
        await KeepAsync("given-away", SampleRecords.Started(), new RunGivenAwayRecord("run-1") { Timestamp = SampleRecords.Time });
        await KeepAsync("paused", SampleRecords.Started(), SampleRecords.EveryKind().OfType<RunPausedRecord>().Single());
        await KeepAsync("imported", Imported(null));
        await KeepAsync("imported-later", SampleRecords.Started(), SampleRecords.Ended(), Imported(2));
        await KeepAsync("imported-over", SampleRecords.Started(), Imported(null));
        await KeepAsync("renamed", SampleRecords.Started(), SampleRecords.Ended(), Renamed("title"));
        await Journal.DeleteAsync(await KeepAsync("deleted", SampleRecords.Started()));

        // In one append, too.
        await Journal.AppendAsync(await StartRunAsync(user.Session("all-at-once")), 0, [SampleRecords.Started(), SampleRecords.Said("x"), SampleRecords.Ended(), SampleRecords.Said("y")]);

        string[] unfinished = ListsUnfinished ? ["Open", "given-away", "open-again", "resumed"] : [];
        Assert.Equal(unfinished, await UnfinishedAsync(Journal));
        if (await ReopenAsync() is { } again)
        {
            Assert.Equal(unfinished, await UnfinishedAsync(again));
        }

        async Task<RunToken> KeepAsync(string id, params JournalRecord[] records)
        {
            var run = await StartRunAsync(user.Session(id));
            foreach (var (version, record) in records.Index())
            {
                await Journal.AppendAsync(run, version, [record]);
            }

            return run;
        }

        async Task<IEnumerable<string>> UnfinishedAsync(ISessionJournal journal) =>
            (await journal.ListUnfinishedAsync()).Where(key => key.UserKey == user).Select(key => key.Session).Order(StringComparer.Ordinal);
    }

    /// <summary>A session whose last run has not ended is found by its whole key.</summary>
    /// <param name="id">The session's id.</param>
    [Theory]
    [MemberData(nameof(OddIds))]
    public async Task An_unfinished_session_is_found_by_its_key_whatever_its_id_is(string id)
    {
        var key = new SessionKey(long.MaxValue, Random.Shared.NextInt64(), id);
        await Journal.AppendAsync(await StartRunAsync(key), 0, [SampleRecords.Started()]);
        Assert.Equal(ListsUnfinished, (await Journal.ListUnfinishedAsync()).Contains(key));
    }
}
