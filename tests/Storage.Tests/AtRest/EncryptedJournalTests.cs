using AgentStream.Storage.Journal;
using AgentStream.Storage.Redis;
using AgentStream.Storage.Sqlite;
using AgentStream.Storage.Tests.Journal;
using AgentStream.Storage.Tests.Redis;
using AgentStream.TestTools;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.AtRest;

/// <summary>A journal that encrypts keeps the contract; what stands in the store has none of a user's words, and is of no use in another place.</summary>
public abstract class EncryptedJournalTests : JournalContract
{
    private readonly EphemeralDataProtectionProvider _keys = new();

    protected AtRestProtection On => new(() => _keys, isOn: true);

    protected AtRestProtection Off => new(() => _keys, isOn: false);

    protected static AtRestProtection Lost => new(() => new EphemeralDataProtectionProvider(), isOn: true);

    protected override bool KnowsRepeatedAppends => true;

    // How long they are does not depend on the key, nor on the place.
    protected override long BytesOf(IEnumerable<JournalRecord> records) => records.Sum(record => (long)On.Write(Samples.NewSession(), 1, record).Length);

    /// <summary>The same journal with other settings, or other keys.</summary>
    protected abstract ISessionJournal Open(AtRestProtection protection);

    /// <summary>What stands in the store, all of it.</summary>
    protected abstract Task<string> StoredAsync();

    /// <summary>Puts a stored record in the place of another, of the same session or another one.</summary>
    protected abstract Task CopyAsync(SessionKey from, long version, SessionKey to, long toVersion);

    [Fact]
    public async Task No_word_of_a_user_stands_in_the_store()
    {
        var run = await StartRunAsync(Samples.NewSession());
        await Journal.AppendAsync(run, 0, [Samples.Said("hunter2")]);
        Assert.DoesNotContain("hunter2", await StoredAsync(), StringComparison.Ordinal);
        Assert.Equal("hunter2", Assert.Single(await Journal.ListSessionsAsync(new UserKey(run.Key.Scope, run.Key.User), 10), session => session.Key == run.Key).Title);

        await Open(Off).AppendAsync(run, 1, [Samples.Said("correct horse")]);
        Assert.Contains("correct horse", await StoredAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_can_be_turned_on_and_off()
    {
        var run = await StartRunAsync(Samples.NewSession());
        await Open(Off).AppendAsync(run, 0, [Samples.Said("1")]);
        await Open(On).AppendAsync(run, 1, [Samples.Said("2")]);
        await Open(Off).AppendAsync(run, 2, [Samples.Said("3")]);
        foreach (var protection in (AtRestProtection[])[On, Off])
        {
            Assert.Equal(["1", "2", "3"], Said(await Open(protection).ReadAsync(run.Key, 0)));
        }
    }

    [Fact]
    public async Task An_append_that_is_repeated_is_known_though_its_bytes_are_others()
    {
        var run = await StartRunAsync(Samples.NewSession());
        JournalRecord[] records = [Samples.Said("1"), Samples.Said("2")];
        await Journal.AppendAsync(run, 0, records);
        await Journal.AppendAsync(run, 0, records);
        Assert.Equal(["1", "2"], await SaidAsync(run.Key));
        foreach (var other in (JournalRecord[][])[[Samples.Said("1"), Samples.Said("x")], [Samples.Said("1"), Samples.Said("2"), Samples.Said("3")], [Samples.Said("x")]])
        {
            await Assert.ThrowsAsync<OwnershipLostException>(() => Journal.AppendAsync(run, 0, other).AsTask());
        }

        Assert.Equal(["1", "2"], await SaidAsync(run.Key));
    }

    [Fact]
    public async Task A_record_cannot_be_read_in_another_session_nor_in_another_place()
    {
        var (run, other) = (await StartRunAsync(Samples.NewSession()), await StartRunAsync(Samples.NewSession()));
        await Journal.AppendAsync(run, 0, [Samples.Said("1"), Samples.Said("2")]);
        await Journal.AppendAsync(other, 0, [Samples.Said("x"), Samples.Said("y")]);
        await CopyAsync(run.Key, 2, other.Key, 2);
        Assert.Contains($"{other.Key}", (await Assert.ThrowsAsync<InvalidDataException>(() => Journal.ReadAsync(other.Key, 0).AsTask())).Message, StringComparison.Ordinal);
        await CopyAsync(run.Key, 1, run.Key, 2);
        await Assert.ThrowsAsync<InvalidDataException>(() => Journal.ReadAsync(run.Key, 0).AsTask());
    }

    [Fact]
    public async Task Without_its_key_a_session_cannot_be_read_but_deleted_and_others_are_as_they_were()
    {
        var user = new UserKey(1, Random.Shared.Next());
        var (old, young) = (await StartRunAsync(user.Session("old")), await StartRunAsync(user.Session("young")));
        await Journal.AppendAsync(old, 0, [Samples.Said("1")]);
        var journal = Open(Lost);
        await journal.AppendAsync(young, 0, [Samples.Said("2")]);

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => journal.ReadAsync(old.Key, 0).AsTask());
        Assert.Contains($"session {old.Key} is encrypted", error.Message, StringComparison.Ordinal);
        Assert.Contains("key is lost", error.Message, StringComparison.Ordinal);
        Assert.Equal(["2"], Said(await journal.ReadAsync(young.Key, 0)));
        Assert.Equal(
            [("old", null), ("young", "2")],
            (await journal.ListSessionsAsync(user, 10)).Select(session => (session.Key.Session, session.Title)).OrderBy(session => session.Session, StringComparer.Ordinal));

        await journal.DeleteAsync(old);
        Assert.Empty(await journal.ReadAsync(old.Key, 0));
        await journal.AppendAsync(old, 0, [Samples.Said("new")]);
        Assert.Equal(["new"], Said(await journal.ReadAsync(old.Key, 0)));
    }

    [Fact]
    public async Task A_title_that_looks_encrypted_and_is_not_is_none()
    {
        var run = await StartRunAsync(Samples.NewSession());
        await Open(Off).AppendAsync(run, 0, [Samples.Said("enc1:hello")]);
        Assert.Equal(["enc1:hello"], await SaidAsync(run.Key));
        Assert.Null(Assert.Single(await Journal.ListSessionsAsync(new UserKey(run.Key.Scope, run.Key.User), 10), session => session.Key == run.Key).Title);
    }
}

public sealed class EncryptedRedisJournalTests(RedisFixture redis) : EncryptedJournalTests, IClassFixture<RedisFixture>, IAsyncLifetime
{
    private RedisStage? _stage;

    protected override ISessionJournal Journal => Open(On);

    public async Task InitializeAsync() => _stage = await RedisStage.OpenAsync(redis.Server);

    public async Task DisposeAsync() => await _stage!.DisposeAsync();

    protected override ISessionJournal Open(AtRestProtection protection) => new RedisJournal(_stage!.Connection, Options.Create(_stage.Options), protection);

    protected override ValueTask<ISessionJournal?> ReopenAsync() => new(Open(On));

    protected override async Task<RunToken> StartRunAsync(SessionKey key)
    {
        var run = new RunToken(key, "silo-1", Guid.NewGuid().ToString());
        await _stage!.Log.StartAsync(run);
        return run;
    }

    protected override async Task<string> StoredAsync()
    {
        var all = new List<string?>();
        foreach (var key in await _stage!.Raw.TextsAsync("KEYS", $"{_stage.Options.RedisPrefix}:*"))
        {
            switch (await _stage.Raw.TextAsync("TYPE", key!))
            {
                case "stream":
                    all.AddRange((await _stage.Raw.EntriesAsync(key!)).Select(entry => entry.Fields));
                    break;
                case "hash":
                    all.AddRange(await _stage.Raw.TextsAsync("HGETALL", key!));
                    break;
            }
        }

        return string.Join('\n', all);
    }

    protected override async Task CopyAsync(SessionKey from, long version, SessionKey to, long toVersion)
    {
        var record = RecordOf((await _stage!.Raw.EntriesAsync(Name(from)))[(int)version - 1]);
        var entries = await _stage.Raw.EntriesAsync(Name(to));
        await _stage.Raw.CallAsync("DEL", Name(to));
        foreach (var entry in entries)
        {
            await _stage.Raw.CallAsync("XADD", Name(to), entry.Id, "run", "r", "record", entry.Id == $"0-{toVersion}" ? record : RecordOf(entry));
        }

        static string RecordOf((string Id, string Fields) entry) => entry.Fields.Split("record=")[1];
    }

    private string Name(SessionKey key) => $"{_stage!.Options.RedisPrefix}:#journal:{key}";
}

public sealed class EncryptedSqliteJournalTests : EncryptedJournalTests, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-sqlite-");
    private readonly SqliteDatabase _database;

    public EncryptedSqliteJournalTests() => _database = SqliteDatabase.Open(Path.Combine(_folder.FullName, "sessions.db"));

    protected override ISessionJournal Journal => Open(On);

    public void Dispose()
    {
        _database.Dispose();
        _folder.Delete(recursive: true);
    }

    protected override ISessionJournal Open(AtRestProtection protection) => new SqliteJournal(_database, protection);

    protected override ValueTask<ISessionJournal?> ReopenAsync() => new(Open(On));

    protected override bool ListsUnfinished => true;

    protected override async Task<string> StoredAsync() => string.Join('\n', await _database.ReadAsync(statements =>
        statements.Query("SELECT record FROM records", row => row.GetString(0)).Concat(statements.Query("SELECT title FROM sessions", row => row.IsDBNull(0) ? "" : row.GetString(0)))));

    protected override Task CopyAsync(SessionKey from, long version, SessionKey to, long toVersion) => _database.WriteAsync(statements => statements.Execute(
        """
        UPDATE records SET record = (SELECT r.record FROM records r JOIN sessions s ON s.id = r.session WHERE s.session = ?1 AND r.version = ?2)
        WHERE version = ?4 AND session = (SELECT id FROM sessions WHERE session = ?3)
        """,
        from.Session,
        version,
        to.Session,
        toVersion));
}
