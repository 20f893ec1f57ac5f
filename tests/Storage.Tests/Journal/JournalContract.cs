using System.Text;
using AgentStream.Messages;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.TestTools;

namespace AgentStream.Storage.Tests.Journal;

/// <summary>What every journal promises. A class for each journal gives it the journal, and a run that owns a session.</summary>
public abstract partial class JournalContract
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

    internal static IEnumerable<string> Said(IEnumerable<JournalRecord> records) =>
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
