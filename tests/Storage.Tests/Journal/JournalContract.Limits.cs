using AgentStream.Storage.Journal;

namespace AgentStream.Storage.Tests.Journal;

public abstract partial class JournalContract
{
    [Fact]
    public async Task An_import_takes_the_place_of_what_stands_before_it_and_versions_continue()
    {
        var run = await StartedAsync(Samples.NewSession());
        await Journal.AppendAsync(run, 0, [Samples.Said("1"), Samples.Said("2"), Samples.Said("3")]);
        await Journal.AppendAsync(run, 3, [Imported(3), Samples.Said("5")]);

        foreach (var after in (long[])[0, 2, 3])
        {
            var records = await Journal.ReadAsync(run.Key, after);
            Assert.Equal(3, Assert.IsType<ImportedRecord>(records[0]).Replaced);
            Assert.Equal(["5"], Said(records.Skip(1)));
        }

        Assert.Equal(["5"], await SaidAsync(run.Key, 4));
        await Assert.ThrowsAsync<OwnershipLostException>(() => Journal.AppendAsync(run, 2, [Samples.Said("x")]).AsTask());
        await Journal.AppendAsync(run, 5, [Samples.Said("6")]);
        Assert.Equal(["5", "6"], await SaidAsync(run.Key, 4));

        // Also what came in the same append; and the same for the next process.
        await Journal.AppendAsync(run, 6, [Samples.Said("7"), Imported(7), Samples.Said("9")]);
        Assert.Equal(["9"], Said((await Journal.ReadAsync(run.Key, 0)).Skip(1)));
        if (await OpenAgainAsync() is { } again)
        {
            Assert.Equal(["9"], Said((await again.ReadAsync(run.Key, 0)).Skip(1)));
            await again.AppendAsync(run, 9, [Samples.Said("10")]);
            Assert.Equal(["10"], Said(await again.ReadAsync(run.Key, 9)));
        }
    }

    [Fact]
    public async Task An_import_that_replaces_nothing_leaves_what_stands_before_it_and_one_that_counts_wrong_is_refused()
    {
        var run = await StartedAsync(Samples.NewSession());
        await Journal.AppendAsync(run, 0, [Samples.Said("1")]);
        await Assert.ThrowsAsync<ArgumentException>(() => Journal.AppendAsync(run, 1, [Imported(2)]).AsTask());
        await Journal.AppendAsync(run, 1, [Imported(null)]);
        Assert.Equal(2, (await Journal.ReadAsync(run.Key, 0)).Count);
    }

    [Fact]
    public async Task The_usage_of_a_user_and_a_scope_is_that_of_their_journals()
    {
        var user = new UserKey(NewScope(), 1);
        var other = new UserKey(user.Scope, "2");
        Assert.Equal(new(default, default), await Journal.GetUsageAsync(user));
        var (a, b, c) = (await StartedAsync(user.Session("a")), await StartedAsync(user.Session("b")), await StartedAsync(other.Session("a")));
        await Journal.AppendAsync(a, 0, [Samples.Said("one"), Samples.Said("two")]);
        await Journal.AppendAsync(a, 2, [Samples.Said("ü")]);
        await Journal.AppendAsync(b, 0, [Samples.Said("b")]);
        await Journal.AppendAsync(c, 0, [Samples.Said("c")]);
        await AssertAsync(2, 4, 3, 5);

        await Journal.AppendAsync(a, 3, [Imported(3)]);
        await AssertAsync(2, 2, 3, 3);
        await Journal.AppendAsync(a, 4, [Samples.Said("more")]);
        await Journal.DeleteAsync(b);
        await Journal.DeleteAsync(b);
        await AssertAsync(1, 2, 2, 3);
        await Journal.DeleteAsync(a);
        await Journal.DeleteAsync(c);
        await AssertAsync(0, 0, 0, 0);

        // Bytes are those of the records as they are kept, so the test counts them for itself.
        async Task AssertAsync(int userSessions, int userRecords, int scopeSessions, int scopeRecords)
        {
            var mine = (await Journal.ReadAsync(a.Key, 0)).Concat(await Journal.ReadAsync(b.Key, 0)).ToList();
            var all = mine.Concat(await Journal.ReadAsync(c.Key, 0)).ToList();
            Assert.Equal((userRecords, scopeRecords), (mine.Count, all.Count));
            Assert.Equal(new(new(userSessions, scopeSessions), new(BytesOf(mine), BytesOf(all))), await Journal.GetUsageAsync(user));
        }
    }

    [Theory]
    [InlineData(LimitTarget.Session)]
    [InlineData(LimitTarget.User)]
    [InlineData(LimitTarget.Scope)]
    public async Task What_would_be_more_bytes_than_a_limit_allows_is_refused_and_changes_nothing(LimitTarget target)
    {
        var user = new UserKey(NewScope(), 1);
        var run = await StartedAsync(user.Session("a"));
        var small = Samples.Said("1");
        await Journal.AppendAsync(run, 0, [small, small]);
        var allowed = 2 * BytesOf([small]);
        var limits = new LimitOptions { SessionJournalBytes = target == LimitTarget.Session ? allowed : 0 };
        (limits.PerUser.JournalBytes, limits.PerScope.JournalBytes) = (target == LimitTarget.User ? allowed : 0, target == LimitTarget.Scope ? allowed : 0);
        var usage = await Journal.GetUsageAsync(user);

        var error = await Assert.ThrowsAsync<LimitExceededException>(() => Journal.AppendAsync(run, 2, [small], limits).AsTask());
        Assert.Equal((LimitNames.JournalBytes, target, allowed), (error.Limit, error.Target, error.Allowed));
        Assert.Equal(usage, await Journal.GetUsageAsync(user));
        Assert.Equal(["1", "1"], await SaidAsync(run.Key));

        // A run under way has no limits, and an import that is no larger than what it replaces is welcome.
        await Journal.AppendAsync(run, 2, [small]);
        await Assert.ThrowsAsync<LimitExceededException>(() => Journal.AppendAsync(run, 3, [Imported(3, new string('x', 10_000))], limits).AsTask());
        await Journal.AppendAsync(run, 3, [Imported(3)], limits);
        Assert.Single(await Journal.ReadAsync(run.Key, 0));
    }

    [Theory]
    [InlineData(LimitTarget.User)]
    [InlineData(LimitTarget.Scope)]
    public async Task A_session_more_than_a_limit_allows_is_refused_until_another_is_deleted(LimitTarget target)
    {
        var scope = NewScope();
        var limits = new LimitOptions();
        (limits.PerUser.Sessions, limits.PerScope.Sessions) = target == LimitTarget.User ? (1, 0) : (0, 2);
        var (first, other, next) = (await StartedAsync(new(scope, 1, "a")), await StartedAsync(new(scope, 2, "a")), await StartedAsync(new(scope, 1, "b")));
        await Journal.AppendAsync(first, 0, [Samples.Said("1")], limits);
        await Journal.AppendAsync(other, 0, [Samples.Said("1")], limits);

        var error = await Assert.ThrowsAsync<LimitExceededException>(() => Journal.AppendAsync(next, 0, [Samples.Said("x")], limits).AsTask());
        Assert.Equal((LimitNames.Sessions, target, target == LimitTarget.User ? 1L : 2L), (error.Limit, error.Target, error.Allowed));
        Assert.Empty(await Journal.ReadAsync(next.Key, 0));
        await Journal.AppendAsync(first, 1, [Samples.Said("2")], limits);

        await Journal.DeleteAsync(first);
        await Journal.AppendAsync(next, 0, [Samples.Said("3")], limits);
        Assert.Equal(["3"], await SaidAsync(next.Key));
    }
}
