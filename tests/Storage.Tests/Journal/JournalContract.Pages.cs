using AgentStream.Storage.Journal;

namespace AgentStream.Storage.Tests.Journal;

public abstract partial class JournalContract
{
    [Fact]
    public async Task Pages_have_each_session_once_in_the_order_of_time_and_id()
    {
        var user = new UserKey(8, Random.Shared.NextInt64());

        // Several of one millisecond, with ids that languages would sort in another way.
        var sessions = ((string[])["b", "B", "a", "A", "a-b", "aB", "ab", "_", "~", "10", "9"])
            .SelectMany((id, i) => Enumerable.Range(0, 3).Select(time => (Id: $"{id}{(time == 0 ? "" : time)}", Time: time))).ToList();
        foreach (var (id, time) in sessions)
        {
            await Journal.AppendAsync(await StartedAsync(user.Session(id)), 0, [At(time, Samples.Said(id))]);
        }

        var expected = sessions.OrderByDescending(session => session.Time).ThenByDescending(session => session.Id, StringComparer.Ordinal).Select(session => session.Id).ToList();
        Assert.Equal(expected, (await Journal.ListSessionsAsync(user, 100)).Select(session => session.Key.Session));
        foreach (var size in (int[])[1, 2, 7, 11, 32, 33, 34])
        {
            Assert.Equal(expected, (await PagesAsync(user, size)).Select(session => session.Key.Session));
        }

        if (await OpenAgainAsync() is { } again)
        {
            var page = await again.ListSessionsAsync(user, 5, (await Journal.ListSessionsAsync(user, 10))[^1]);
            Assert.Equal(expected[10..15], page.Select(session => session.Key.Session));
        }
    }

    [Fact]
    public async Task A_page_neither_repeats_nor_skips_a_session_whatever_becomes_of_others()
    {
        var user = new UserKey(9, Random.Shared.NextInt64());
        var runs = new Dictionary<string, RunToken>();
        foreach (var id in (string[])["a", "b", "c", "d", "e", "f"])
        {
            runs[id] = await StartedAsync(user.Session(id));
            await Journal.AppendAsync(runs[id], 0, [At(id is "a" or "b" ? 0 : 1, Samples.Said(id))]);
        }

        var first = await Journal.ListSessionsAsync(user, 2);
        Assert.Equal(["f", "e"], first.Select(session => session.Key.Session));

        // The last one of the page is deleted, and another moves to its place in time; one is new, one moves to the top.
        await Journal.DeleteAsync(runs["e"]);
        await Journal.AppendAsync(runs["f"], 1, [At(2, Samples.Said("again"))]);
        await Journal.AppendAsync(runs["c"], 1, [At(3, Samples.Said("again"))]);
        await Journal.AppendAsync(await StartedAsync(user.Session("e1")), 0, [At(1, Samples.Said("new"))]);
        await Journal.AppendAsync(runs["b"], 1, [At(4, Renamed("title"))]);

        var second = await Journal.ListSessionsAsync(user, 2, first[^1]);
        Assert.Equal(["d", "b"], second.Select(session => session.Key.Session));
        Assert.Equal(["a"], (await Journal.ListSessionsAsync(user, 2, second[^1])).Select(session => session.Key.Session));
        Assert.Empty(await Journal.ListSessionsAsync(user, 2, (await Journal.ListSessionsAsync(user, 2, second[^1]))[^1]));
    }

    [Fact]
    public async Task A_journal_that_knows_no_pages_has_them_all_the_same()
    {
        var user = new UserKey(10, Random.Shared.NextInt64());
        foreach (var id in (string[])["a", "b", "c"])
        {
            await Journal.AppendAsync(await StartedAsync(user.Session(id)), 0, [At(0, Samples.Said(id))]);
        }

        ISessionJournal plain = new PlainJournal(Journal);
        var first = await plain.ListSessionsAsync(user, 2, after: null);
        Assert.Equal(["c", "b"], first.Select(session => session.Key.Session));
        Assert.Equal(["a"], (await plain.ListSessionsAsync(user, 2, first[^1])).Select(session => session.Key.Session));
    }

    private async Task<List<JournaledSession>> PagesAsync(UserKey user, int size)
    {
        var all = new List<JournaledSession>();
        while (await Journal.ListSessionsAsync(user, size, all.LastOrDefault()) is { Count: > 0 } page)
        {
            Assert.InRange(page.Count, 1, size);
            all.AddRange(page);
        }

        return all;
    }

    /// <summary>A journal as somebody has written it before there were pages.</summary>
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
