using AgentStream.Storage.Journal;

namespace AgentStream.Storage.Testing;

public abstract partial class SessionJournalContract
{
    /// <summary>A user's sessions are listed, those that last grew first, each with the title that <see cref="JournaledSession"/> makes of its records.</summary>
    [Fact]
    public async Task A_users_sessions_are_listed_the_latest_first_with_the_beginning_of_their_first_prompt()
    {
        var user = NewUser();
        var (a, b, other) = (await StartRunAsync(user.Session("A")), await StartRunAsync(user.Session("b")), await StartRunAsync(new SessionKey(user.Scope, $"{user.User}2", "A")));
        if (!await ListsAsync(user))
        {
            return;
        }

        Assert.Empty(await Journal.ListSessionsAsync(user, 10));
        await Journal.AppendAsync(other, 0, [At(9, SampleRecords.Said("elsewhere"))]);
        await Journal.AppendAsync(a, 0, [At(0, SampleRecords.Started()), At(0, SampleRecords.Said("  first\n\tof A ")), At(0, SampleRecords.Said("second"))]);
        await Journal.AppendAsync(b, 0, [At(1, SampleRecords.Said(new string('x', 200_000)))]);
        Assert.Equal([("b", $"{new string('x', JournaledSession.MaxTitleLength - 1)}…"), ("A", "first of A")], await ListSessionsAsync(user));

        await Journal.AppendAsync(a, 3, [At(2, SampleRecords.Said("more"))]);
        Assert.Equal("A", Assert.Single(await Journal.ListSessionsAsync(user, 1)).Key.Session);
        await Journal.AppendAsync(b, 1, [At(3, SampleRecords.Said("more"))]);
        Assert.Equal(["b", "A"], (await ListSessionsAsync(user)).Select(session => session.Session));
        if (await ReopenAsync() is { } again)
        {
            Assert.Equal(["b", "A"], (await again.ListSessionsAsync(user, 10)).Select(session => session.Key.Session));
        }
    }

    /// <summary>A deleted session is in no list, and its title is not that of the next session with its id.</summary>
    [Fact]
    public async Task A_deleted_session_is_in_no_list_and_its_title_does_not_come_back()
    {
        var user = NewUser();
        var run = await StartRunAsync(user.Session("s"));
        await Journal.AppendAsync(run, 0, [SampleRecords.Said("old")]);
        if (!await ListsAsync(user))
        {
            return;
        }

        Assert.Equal([("s", "old")], await ListSessionsAsync(user));
        await Journal.DeleteAsync(run);
        Assert.Empty(await ListSessionsAsync(user));
        await Journal.AppendAsync(run, 0, [SampleRecords.Said("new")]);
        Assert.Equal([("s", "new")], await ListSessionsAsync(user));
    }

    /// <summary>A session without a prompt is listed without a title; one with an import has that of its first message.</summary>
    [Fact]
    public async Task A_session_without_a_prompt_has_no_title_and_one_from_elsewhere_has_that_of_its_messages()
    {
        var user = NewUser();
        await Journal.AppendAsync(await StartRunAsync(user.Session("s")), 0, [SampleRecords.Started()]);
        await Journal.AppendAsync(await StartRunAsync(user.Session("t")), 0, [SampleRecords.EveryKind().OfType<ImportedRecord>().Single()]);
        if (await ListsAsync(user))
        {
            Assert.Equal([("s", null), ("t", "old")], (await ListSessionsAsync(user)).OrderBy(session => session.Session, StringComparer.Ordinal));
        }
    }

    /// <summary>The last title that was given counts, and takes the place of the first prompt (<see cref="JournaledSession.NameOf"/>).</summary>
    [Fact]
    public async Task A_title_that_was_given_takes_the_place_of_the_first_prompt_and_the_last_one_counts()
    {
        var user = NewUser();
        var run = await StartRunAsync(user.Session("s"));
        await Journal.AppendAsync(run, 0, [SampleRecords.Said("first")]);
        await Journal.AppendAsync(run, 1, [Renamed("one"), Renamed("two")]);
        if (!await ListsAsync(user))
        {
            return;
        }

        Assert.Equal([("s", "two")], await ListSessionsAsync(user));

        // Neither a later prompt nor an import is a title.
        await Journal.AppendAsync(run, 3, [SampleRecords.Said("second"), Renamed("three"), SampleRecords.Said("third")]);
        await Journal.AppendAsync(run, 6, [SampleRecords.Said("fourth")]);
        Assert.Equal([("s", "three")], await ListSessionsAsync(user));
        await Journal.AppendAsync(run, 7, [Imported(7, "imported"), Renamed("four")]);
        Assert.Equal([("s", "four")], await ListSessionsAsync(user));
        await Journal.DeleteAsync(run);
        await Journal.AppendAsync(run, 0, [SampleRecords.Said("new")]);
        Assert.Equal([("s", "new")], await ListSessionsAsync(user));
    }

    /// <summary>A title alone is no change (<see cref="JournaledSession.ChangedAt"/>).</summary>
    [Fact]
    public async Task A_title_alone_does_not_move_a_session_in_the_list()
    {
        var user = NewUser();
        var (old, late) = (await StartRunAsync(user.Session("old")), await StartRunAsync(user.Session("late")));
        await Journal.AppendAsync(old, 0, [At(0, SampleRecords.Said("a"))]);
        await Journal.AppendAsync(late, 0, [At(1, SampleRecords.Said("b"))]);
        await Journal.AppendAsync(old, 1, [At(2, Renamed("title"))]);
        if (!await ListsAsync(user))
        {
            return;
        }

        Assert.Equal([("late", "b"), ("old", "title")], await ListSessionsAsync(user));
        Assert.Equal(At(0, SampleRecords.Said("")).Timestamp, (await Journal.ListSessionsAsync(user, 10))[1].Changed);

        // With something else it moves.
        await Journal.AppendAsync(old, 2, [At(3, SampleRecords.Said("c")), At(4, Renamed("other"))]);
        Assert.Equal([("old", "other"), ("late", "b")], await ListSessionsAsync(user));
        Assert.Equal(At(3, SampleRecords.Said("")).Timestamp, (await Journal.ListSessionsAsync(user, 10))[0].Changed);
    }

    /// <summary>All pages together have each session once: by the millisecond of the last change, then by id in ordinal order, both descending.</summary>
    [Fact]
    public async Task Pages_have_each_session_once_in_the_order_of_time_and_id()
    {
        var user = NewUser();

        // Several of one millisecond, with ids that languages would sort in another way.
        var sessions = ((string[])["b", "B", "a", "A", "a-b", "aB", "ab", "_", "~", "10", "9"])
            .SelectMany((id, i) => Enumerable.Range(0, 3).Select(time => (Id: $"{id}{(time == 0 ? "" : time)}", Time: time))).ToList();
        foreach (var (id, time) in sessions)
        {
            await Journal.AppendAsync(await StartRunAsync(user.Session(id)), 0, [At(time, SampleRecords.Said(id))]);
        }

        if (!await ListsAsync(user))
        {
            return;
        }

        var expected = sessions.OrderByDescending(session => session.Time).ThenByDescending(session => session.Id, StringComparer.Ordinal).Select(session => session.Id).ToList();
        Assert.Equal(expected, (await Journal.ListSessionsAsync(user, 100)).Select(session => session.Key.Session));
        foreach (var size in (int[])[1, 2, 7, 11, 32, 33, 34])
        {
            Assert.Equal(expected, (await PagesAsync(user, size)).Select(session => session.Key.Session));
        }

        var tenth = (await Journal.ListSessionsAsync(user, 10))[^1];
        if (await ReopenAsync() is { } again)
        {
            Assert.Equal(expected[10..15], (await again.ListSessionsAsync(user, 5, tenth)).Select(session => session.Key.Session));
        }
    }

    /// <summary>A next page is right also when sessions were changed, deleted or made since the one before it.</summary>
    [Fact]
    public async Task A_page_neither_repeats_nor_skips_a_session_whatever_becomes_of_others()
    {
        var user = NewUser();
        var runs = new Dictionary<string, RunToken>();
        foreach (var id in (string[])["a", "b", "c", "d", "e", "f"])
        {
            runs[id] = await StartRunAsync(user.Session(id));
            await Journal.AppendAsync(runs[id], 0, [At(id is "a" or "b" ? 0 : 1, SampleRecords.Said(id))]);
        }

        if (!await ListsAsync(user))
        {
            return;
        }

        var first = await Journal.ListSessionsAsync(user, 2);
        Assert.Equal(["f", "e"], first.Select(session => session.Key.Session));

        // The last one of the page is deleted, and another moves to its place in time; one is new, one moves to the top.
        await Journal.DeleteAsync(runs["e"]);
        await Journal.AppendAsync(runs["f"], 1, [At(2, SampleRecords.Said("again"))]);
        await Journal.AppendAsync(runs["c"], 1, [At(3, SampleRecords.Said("again"))]);
        await Journal.AppendAsync(await StartRunAsync(user.Session("e1")), 0, [At(1, SampleRecords.Said("new"))]);
        await Journal.AppendAsync(runs["b"], 1, [At(4, Renamed("title"))]);

        var second = await Journal.ListSessionsAsync(user, 2, first[^1]);
        Assert.Equal(["d", "b"], second.Select(session => session.Key.Session));
        var third = await Journal.ListSessionsAsync(user, 2, second[^1]);
        Assert.Equal(["a"], third.Select(session => session.Key.Session));
        Assert.Empty(await Journal.ListSessionsAsync(user, 2, third[^1]));
    }

    private async Task<IEnumerable<(string Session, string? Title)>> ListSessionsAsync(UserKey user) =>
        (await Journal.ListSessionsAsync(user, 10)).Select(session => (session.Key.Session, session.Title));

    /// <summary>Whether the journal lists sessions. If not, it says so.</summary>
    private async Task<bool> ListsAsync(UserKey user)
    {
        if (!ListsSessions)
        {
            await Assert.ThrowsAsync<NotSupportedException>(() => Journal.ListSessionsAsync(user, 10).AsTask());
        }

        return ListsSessions;
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
}
