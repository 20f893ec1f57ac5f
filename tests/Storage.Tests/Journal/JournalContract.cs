using System.Text;
using AgentStream.Messages;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Testing;

namespace AgentStream.Storage.Tests.Journal;

/// <summary>What every journal promises. A class for each journal gives it the journal, and a run that owns a session.</summary>
public abstract class JournalContract
{
    public static TheoryData<string> OddIds =>
    [
        "...", ".hidden", "a.", "-rf", "~", "=+@", "con", "CON", "nul.txt", "lock",
        new('a', 128), new('A', 128), string.Concat(Enumerable.Repeat("aB", 64)),
    ];

    /// <summary>The journal under test.</summary>
    protected abstract ISessionJournal Journal { get; }

    /// <summary>The journal as another process, or the next one, sees it; null when nobody else can.</summary>
    protected abstract ValueTask<ISessionJournal?> OpenAgainAsync();

    /// <summary>A run that owns a session.</summary>
    protected abstract Task<RunToken> StartedAsync(SessionKey key);

    [Fact]
    public async Task A_session_that_nobody_wrote_to_has_no_records() =>
        Assert.Empty(await Journal.ReadAsync(Samples.NewSession(), 0));

    [Fact]
    public async Task Records_of_every_kind_are_read_as_they_were_written_also_by_the_next_process()
    {
        var run = await StartedAsync(Samples.NewSession());
        var written = Samples.EveryKind();
        await Journal.AppendAsync(run, 0, written[..3]);
        await Journal.AppendAsync(run, 3, written[3..4]);
        await Journal.AppendAsync(run, 4, written[4..]);

        Assert.Equal(Texts(written), Texts(await Journal.ReadAsync(run.Key, 0)));
        if (await OpenAgainAsync() is { } again)
        {
            Assert.Equal(Texts(written), Texts(await again.ReadAsync(run.Key, 0)));
        }
    }

    [Fact]
    public async Task A_reader_gets_what_is_behind_its_version()
    {
        var run = await StartedAsync(Samples.NewSession());
        await Journal.AppendAsync(run, 0, [Samples.Said("1"), Samples.Said("2"), Samples.Said("3")]);

        Assert.Equal(["2", "3"], await SaidAsync(run.Key, 1));
        Assert.Equal([], await SaidAsync(run.Key, 3));
        Assert.Equal([], await SaidAsync(run.Key, 9));
        await Journal.AppendAsync(run, 3, [Samples.Said("4")]);
        Assert.Equal(["4"], await SaidAsync(run.Key, 3));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_writer_with_another_version_writes_nothing(long expected)
    {
        var run = await StartedAsync(Samples.NewSession());
        await Journal.AppendAsync(run, 0, [Samples.Said("1"), Samples.Said("2")]);

        var error = await Assert.ThrowsAsync<OwnershipLostException>(
            () => Journal.AppendAsync(run, expected, [Samples.Said("x"), Samples.Said("y"), Samples.Said("z")]).AsTask());

        Assert.Equal($"The journal of session {run.Key} has version 2, but run {run.RunId} expected {expected}.", error.Message);
        Assert.Equal(["1", "2"], await SaidAsync(run.Key));
    }

    [Fact]
    public async Task Of_two_writers_of_one_version_one_is_refused()
    {
        var run = await StartedAsync(Samples.NewSession());
        for (var version = 0; version < 20; version += 2)
        {
            var expected = version;
            var kept = await Task.WhenAll(((string[])["a", "b"]).Select(writer => Task.Run(async () =>
            {
                try
                {
                    await Journal.AppendAsync(run, expected, [Samples.Said($"{writer}1"), Samples.Said($"{writer}2")]);
                    return writer;
                }
                catch (OwnershipLostException)
                {
                    return null;
                }
            })));

            var winner = Assert.Single(kept, writer => writer is not null);
            Assert.Equal([$"{winner}1", $"{winner}2"], await SaidAsync(run.Key, expected));
        }
    }

    [Fact]
    public async Task A_fillerhistory_is_read_whole()
    {
        var run = await StartedAsync(Samples.NewSession());
        var filler = new string('x', 3_000);
        var texts = Enumerable.Range(0, 3_000).Select(i => $"{i} {(i % 7 == 0 ? filler : "")}").ToArray();
        foreach (var chunk in texts.Index().Chunk(500))
        {
            await Journal.AppendAsync(run, chunk[0].Index, [.. chunk.Select(text => Samples.Said(text.Item))]);
        }

        Assert.Equal(texts, await SaidAsync(run.Key));
        Assert.Equal(texts[1_234..], await SaidAsync(run.Key, 1_234));
    }

    [Fact]
    public async Task A_large_record_is_kept_whole()
    {
        var run = await StartedAsync(Samples.NewSession());
        var text = string.Concat(Enumerable.Range(0, 500_000).Select(i => i % 10));
        await Journal.AppendAsync(run, 0, [Samples.Said(text), Samples.Said("behind")]);

        Assert.Equal([text, "behind"], await SaidAsync(run.Key));
    }

    [Fact]
    public async Task A_deleted_session_starts_anew()
    {
        var run = await StartedAsync(Samples.NewSession());
        await Journal.DeleteAsync(run);
        await Journal.AppendAsync(run, 0, [Samples.Said("1"), Samples.Said("2")]);
        await Journal.DeleteAsync(run);

        Assert.Equal([], await SaidAsync(run.Key));
        await Journal.AppendAsync(run, 0, [Samples.Said("new")]);
        Assert.Equal(["new"], await SaidAsync(run.Key));
        if (await OpenAgainAsync() is { } again)
        {
            Assert.Equal(["new"], Said(await again.ReadAsync(run.Key, 0)));
        }
    }

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
        Assert.Equal(new(0, 0, 0, 0), await Journal.GetUsageAsync(user));
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
            Assert.Equal(new(userSessions, BytesOf(mine), scopeSessions, BytesOf(all)), await Journal.GetUsageAsync(user));
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

    [Theory]
    [MemberData(nameof(OddIds))]
    public async Task Any_session_id_will_do(string id)
    {
        var run = await StartedAsync(new SessionKey(long.MaxValue, Random.Shared.NextInt64(), id));
        await Journal.AppendAsync(run, 0, [Samples.Said(id)]);
        Assert.Equal([id], await SaidAsync(run.Key));
    }

    [Fact]
    public async Task Sessions_are_kept_apart_by_scope_user_and_the_case_of_their_ids()
    {
        var user = Random.Shared.NextInt64();
        SessionKey[] keys = [new(1, user, "Ab"), new(1, user, "aB"), new(1, user, "ab"), new(1, user, "AB"), new(2, user, "ab"), new(1, user / 2, "ab")];
        foreach (var key in keys)
        {
            await Journal.AppendAsync(await StartedAsync(key), 0, [Samples.Said(key.ToString())]);
        }

        foreach (var key in keys)
        {
            Assert.Equal([key.ToString()], await SaidAsync(key));
        }
    }

    [Fact]
    public async Task Two_hundred_sessions_write_at_once_and_each_keeps_its_order()
    {
        var user = Random.Shared.NextInt64();
        var keys = Enumerable.Range(0, 200).Select(i => new SessionKey(1, user, $"s{i}")).ToArray();
        await Task.WhenAll(keys.Select(key => Task.Run(async () =>
        {
            var run = await StartedAsync(key);
            for (var version = 0; version < 10; version++)
            {
                await Journal.AppendAsync(run, version, [Samples.Said($"{key} {version}")]);
                Assert.Equal(version + 1, (await Journal.ReadAsync(key, 0)).Count);
            }
        }))).Within();

        foreach (var key in keys)
        {
            Assert.Equal(Enumerable.Range(0, 10).Select(version => $"{key} {version}"), await SaidAsync(key));
        }
    }

    [Fact]
    public async Task A_users_sessions_are_listed_the_latest_first_with_the_beginning_of_their_first_prompt()
    {
        var user = new UserKey(3, Random.Shared.NextInt64());
        var (a, b, other) = (await StartedAsync(user.Session("A")), await StartedAsync(user.Session("b")), await StartedAsync(new SessionKey("3", $"{user.User}2", "A")));
        Assert.Empty(await Journal.ListSessionsAsync(user, 10));

        await Journal.AppendAsync(other, 0, [Now("elsewhere")]);
        await Journal.AppendAsync(a, 0, [Samples.Started(), Now("  first\n\tof A "), Now("second")]);
        await Journal.AppendAsync(b, 0, [Now(new string('x', 200_000))]);
        Assert.Equal([("A", "first of A"), ("b", $"{new string('x', JournaledSession.MaxTitleLength - 1)}…")], (await ListSessionsAsync(user)).OrderBy(session => session.Session, StringComparer.Ordinal));

        // A clock may stand still between two appends.
        await Later(a, 3, "A");
        Assert.Equal("A", Assert.Single(await Journal.ListSessionsAsync(user, 1)).Key.Session);
        await Later(b, 1, "b");
        Assert.Equal(["b", "A"], (await ListSessionsAsync(user)).Select(session => session.Session));
        if (await OpenAgainAsync() is { } again)
        {
            Assert.Equal(["b", "A"], (await again.ListSessionsAsync(user, 10)).Select(session => session.Key.Session));
        }

        async Task Later(RunToken run, int version, string session)
        {
            await Wait.Until(async () =>
            {
                await Journal.AppendAsync(run, version++, [Now("more")]);
                return await Journal.ListSessionsAsync(user, 10) is [var first, var next] && first.Key.Session == session && first.Changed > next.Changed;
            });
        }

        static JournalRecord Now(string text) => Samples.Said(text) with { Timestamp = DateTimeOffset.UtcNow };
    }

    [Fact]
    public async Task A_deleted_session_is_in_no_list_and_its_title_does_not_come_back()
    {
        var user = new UserKey(4, Random.Shared.NextInt64());
        var run = await StartedAsync(user.Session("s"));
        await Journal.AppendAsync(run, 0, [Samples.Said("old")]);
        Assert.Equal([("s", "old")], await ListSessionsAsync(user));
        await Journal.DeleteAsync(run);
        Assert.Empty(await ListSessionsAsync(user));
        await Journal.AppendAsync(run, 0, [Samples.Said("new")]);
        Assert.Equal([("s", "new")], await ListSessionsAsync(user));
    }

    [Fact]
    public async Task A_session_without_a_prompt_has_no_title_and_one_from_elsewhere_has_that_of_its_messages()
    {
        var user = new UserKey(5, Random.Shared.NextInt64());
        await Journal.AppendAsync(await StartedAsync(user.Session("s")), 0, [Samples.Started()]);
        await Journal.AppendAsync(await StartedAsync(user.Session("t")), 0, [Samples.EveryKind().OfType<ImportedRecord>().Single()]);
        Assert.Equal([("s", null), ("t", "old")], (await ListSessionsAsync(user)).OrderBy(session => session.Session, StringComparer.Ordinal));
    }

    protected async Task<IEnumerable<(string Session, string? Title)>> ListSessionsAsync(UserKey user) =>
        (await Journal.ListSessionsAsync(user, 10)).Select(session => (session.Key.Session, session.Title));

    protected static IEnumerable<string> Said(IEnumerable<JournalRecord> records) =>
        records.Select(record => ((UserPromptPart)Assert.IsType<RequestRecord>(record).Parts.Single()).Text);

    protected async Task<IEnumerable<string>> SaidAsync(SessionKey key, long after = 0) => Said(await Journal.ReadAsync(key, after));

    protected static ImportedRecord Imported(long? replaced, string text = "") =>
        new([new ModelRequest([new UserPromptPart(text) { Timestamp = Samples.Time }]) { Timestamp = Samples.Time }]) { Timestamp = Samples.Time, Replaced = replaced };

    /// <summary>How many bytes the journal counts for records.</summary>
    protected virtual long BytesOf(IEnumerable<JournalRecord> records) => records.Sum(record => (long)JournalRecordJson.Write(record).Length);

    private static long NewScope() => Random.Shared.NextInt64();

    private static IEnumerable<string> Texts(IEnumerable<JournalRecord> records) =>
        records.Select(record => Encoding.UTF8.GetString(JournalRecordJson.Write(record)));
}

/// <summary>The journal in memory keeps the contract.</summary>
public sealed class InMemoryJournalTests : JournalContract
{
    protected override ISessionJournal Journal { get; } = new InMemoryJournal();

    protected override ValueTask<ISessionJournal?> OpenAgainAsync() => new((ISessionJournal?)null);

    protected override Task<RunToken> StartedAsync(SessionKey key) => Task.FromResult(new RunToken(key, "silo-1", Guid.NewGuid().ToString()));
}
