namespace AgentStream.Storage.Testing;

public abstract partial class SessionJournalContract
{
    /// <summary>A journal that knows sizes tells those of a user and of its scope, also after imports and deletes. Another one answers null.</summary>
    [Fact]
    public async Task The_usage_of_a_user_and_a_scope_is_that_of_their_journals()
    {
        var user = NewUser();
        var other = new UserKey(user.Scope, "other");
        if (!KnowsSizes)
        {
            Assert.Null(await Journal.GetUsageAsync(user));
            return;
        }

        Assert.Equal(new(default, default), await Journal.GetUsageAsync(user));
        var (a, b, c) = (await StartRunAsync(user.Session("a")), await StartRunAsync(user.Session("b")), await StartRunAsync(other.Session("a")));
        await Journal.AppendAsync(a, 0, [SampleRecords.Said("one"), SampleRecords.Said("two")]);
        await Journal.AppendAsync(a, 2, [SampleRecords.Said("ü")]);
        await Journal.AppendAsync(b, 0, [SampleRecords.Said("b")]);
        await Journal.AppendAsync(c, 0, [SampleRecords.Said("c")]);
        await AssertAsync(2, 4, 3, 5);

        await Journal.AppendAsync(a, 3, [Imported(3)]);
        await AssertAsync(2, 2, 3, 3);
        await Journal.AppendAsync(a, 4, [SampleRecords.Said("more")]);
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

    /// <summary>A journal that knows sizes refuses what a limit does not allow with a <see cref="LimitExceededException"/>, and keeps nothing of it. Another one keeps it.</summary>
    /// <param name="target">Whose limit it is.</param>
    [Theory]
    [InlineData(LimitTarget.Session)]
    [InlineData(LimitTarget.User)]
    [InlineData(LimitTarget.Scope)]
    public async Task What_would_be_more_bytes_than_a_limit_allows_is_refused_and_changes_nothing(LimitTarget target)
    {
        var user = NewUser();
        var run = await StartRunAsync(user.Session("a"));
        var small = SampleRecords.Said("1");
        await Journal.AppendAsync(run, 0, [small, small]);
        var allowed = 2 * BytesOf([small]);
        var limits = new LimitOptions { SessionJournalBytes = target == LimitTarget.Session ? allowed : 0 };
        (limits.PerUser.JournalBytes, limits.PerScope.JournalBytes) = (target == LimitTarget.User ? allowed : 0, target == LimitTarget.Scope ? allowed : 0);
        if (!KnowsSizes)
        {
            await Journal.AppendAsync(run, 2, [small], limits);
            Assert.Equal(["1", "1", "1"], await SaidAsync(run.Key));
            return;
        }

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

    /// <summary>A journal that knows sizes refuses one session too many, until another is deleted. Another one keeps it.</summary>
    /// <param name="target">Whose limit it is.</param>
    [Theory]
    [InlineData(LimitTarget.User)]
    [InlineData(LimitTarget.Scope)]
    public async Task A_session_more_than_a_limit_allows_is_refused_until_another_is_deleted(LimitTarget target)
    {
        var scope = NewUser().Scope;
        var limits = new LimitOptions();
        (limits.PerUser.Sessions, limits.PerScope.Sessions) = target == LimitTarget.User ? (1, 0) : (0, 2);
        var (first, other, next) = (await StartRunAsync(new(scope, "1", "a")), await StartRunAsync(new(scope, "2", "a")), await StartRunAsync(new(scope, "1", "b")));
        await Journal.AppendAsync(first, 0, [SampleRecords.Said("1")], limits);
        await Journal.AppendAsync(other, 0, [SampleRecords.Said("1")], limits);
        if (KnowsSizes)
        {
            var error = await Assert.ThrowsAsync<LimitExceededException>(() => Journal.AppendAsync(next, 0, [SampleRecords.Said("x")], limits).AsTask());
            Assert.Equal((LimitNames.Sessions, target, target == LimitTarget.User ? 1L : 2L), (error.Limit, error.Target, error.Allowed));
            Assert.Empty(await Journal.ReadAsync(next.Key, 0));
            await Journal.AppendAsync(first, 1, [SampleRecords.Said("2")], limits);
            await Journal.DeleteAsync(first);
        }

        await Journal.AppendAsync(next, 0, [SampleRecords.Said("3")], limits);
        Assert.Equal(["3"], await SaidAsync(next.Key));
    }
}
