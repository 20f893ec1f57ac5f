using AgentStream.Storage.Journal;
using AgentStream.Storage.Redis;
using AgentStream.Storage.Tests.Redis;
using AgentStream.TestTools;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Journal;

/// <summary>The journal in Redis keeps the contract, and proves who writes.</summary>
public sealed partial class RedisJournalTests(RedisFixture redis) : JournalContract, IClassFixture<RedisFixture>, IAsyncLifetime
{
    private readonly IOptions<StorageOptions> _options = Options.Create(RedisStage.NewOptions());
    private RedisConnection? _connection;
    private RedisStreamStore? _log;
    private RawRedis? _raw;

    protected override ISessionJournal Journal => new RedisJournal(_connection!, _options);

    protected override bool KnowsRepeatedAppends => true;

    public async Task InitializeAsync()
    {
        _connection = await RedisConnection.ConnectAsync(redis.Server.Configuration, _options, TimeProvider.System);
        _log = new RedisStreamStore(_connection, _options);
        _raw = await redis.Server.ConnectAsync();
    }

    public async Task DisposeAsync()
    {
        _raw!.Dispose();
        _log!.Dispose();
        await _connection!.DisposeAsync();
    }

    [Fact]
    public async Task What_stands_in_Redis_is_a_stream_whose_ids_are_the_versions_and_it_stays()
    {
        var run = await StartRunAsync(Samples.NewSession());
        await Journal.AppendAsync(run, 0, [Samples.Started(run.RunId)]);
        await Journal.AppendAsync(run, 1, [Samples.Ended(run.RunId)]);
        await _log!.FinishAsync(run, 1, [], TimeSpan.Zero);

        Assert.Equal(
            [
                ("0-1", $$"""run={{run.RunId}} record={"type":"run-started","timestamp":"2026-03-04T05:06:07.891234Z","run_id":"{{run.RunId}}","agent":"assistant"}"""),
                ("0-2", $$"""run={{run.RunId}} record={"type":"run-ended","timestamp":"2026-03-04T05:06:07.891234Z","run_id":"{{run.RunId}}","error":null}"""),
            ],
            await _raw!.EntriesAsync(Name(run.Key)));
        Assert.Equal(-1, await _raw.NumberAsync("PTTL", Name(run.Key)));
    }

    [Fact]
    public async Task An_append_that_is_repeated_after_a_lost_reply_adds_nothing()
    {
        var run = await StartRunAsync(Samples.NewSession());
        JournalRecord[] records = [Samples.Said("1"), Samples.Said("2")];
        await Journal.AppendAsync(run, 0, records);
        await Journal.AppendAsync(run, 0, records);
        Assert.Equal(["1", "2"], await SaidAsync(run.Key));

        await Journal.AppendAsync(run, 2, [Samples.Said("3")]);
        await Journal.AppendAsync(run, 0, records);
        Assert.Equal(["1", "2", "3"], await SaidAsync(run.Key));
    }

    [Fact]
    public async Task A_reader_that_needs_no_imported_messages_does_not_get_them()
    {
        var run = await StartRunAsync(Samples.NewSession());
        await Journal.AppendAsync(run, 0, [Imported(null, "a"), Imported(1, new string('b', 2_000_000)), Samples.Said("3")]);
        var records = await Journal.ReadWithoutImportsAsync(run.Key, 0);
        Assert.Empty(Assert.IsType<ImportedRecord>(records[0]).Messages);
        Assert.InRange(records[0].Size, 1, 200);
        Assert.Single(((ImportedRecord)(await Journal.ReadAsync(run.Key, 0))[0]).Messages);
    }

    [Theory]
    [InlineData("""{"type":"imported","messages":[],"timestamp":"2026-03-04T05:06:07Z"}""")]
    [InlineData("""{"type":"imported","timestamp":"2026-03-04T05:06:07Z","later":{"messages":[1]},"messages":[]}""")]
    [InlineData("""{"type":"later","timestamp":"2026-03-04T05:06:07Z","messages":[1,{"messages":[2]}]}""")]
    public async Task A_record_that_is_written_in_another_way_is_read_whole_also_without_imported_messages(string written)
    {
        var run = await StartRunAsync(Samples.NewSession());
        await _raw!.TextAsync("XADD", Name(run.Key), "0-1", "run", run.RunId, "record", written);
        var record = Assert.Single(await Journal.ReadWithoutImportsAsync(run.Key, 0));
        Assert.Equal(written.Length, record.Size);
    }

    [Fact]
    public async Task An_import_that_is_repeated_after_a_lost_reply_is_kept_once()
    {
        var run = await StartRunAsync(Samples.NewSession());
        JournalRecord[] records = [Samples.Said("2"), Imported(2), Samples.Said("4")];
        await Journal.AppendAsync(run, 0, [Samples.Said("1")]);
        await Journal.AppendAsync(run, 1, records);
        var usage = await Journal.GetUsageAsync(new(run.Key.Scope, run.Key.User));
        await Journal.AppendAsync(run, 1, records);

        Assert.Equal(["0-3", "0-4"], (await _raw!.EntriesAsync(Name(run.Key))).Select(entry => entry.Id));
        Assert.Equal(usage, await Journal.GetUsageAsync(new(run.Key.Scope, run.Key.User)));
        await Assert.ThrowsAsync<OwnershipLostException>(() => Journal.AppendAsync(run, 1, [Samples.Said("2"), Imported(2), Samples.Said("x")]).AsTask());
    }

    [Fact]
    public async Task Only_the_same_records_count_as_repeated()
    {
        var run = await StartRunAsync(Samples.NewSession());
        await Journal.AppendAsync(run, 0, [Samples.Said("1"), Samples.Said("2")]);
        foreach (var other in (JournalRecord[][])[[Samples.Said("1"), Samples.Said("x")], [Samples.Said("1"), Samples.Said("2"), Samples.Said("3")]])
        {
            await Assert.ThrowsAsync<OwnershipLostException>(() => Journal.AppendAsync(run, 0, other).AsTask());
        }

        Assert.Equal(["1", "2"], await SaidAsync(run.Key));
    }

    [Fact]
    public async Task What_an_earlier_run_wrote_is_not_the_repeated_append_of_a_later_one()
    {
        var key = Samples.NewSession();
        var first = await StartRunAsync(key);
        await Journal.AppendAsync(first, 0, [Samples.Said("1")]);
        await _log!.FinishAsync(first, 1, [], TimeSpan.Zero);
        var second = await StartRunAsync(key);

        await Assert.ThrowsAsync<OwnershipLostException>(() => Journal.AppendAsync(second, 0, [Samples.Said("1")]).AsTask());
        await Journal.AppendAsync(second, 1, [Samples.Said("2")]);
        Assert.Equal(["1", "2"], await SaidAsync(key));
    }

    [Fact]
    public async Task A_run_that_has_ended_writes_nothing_more()
    {
        var run = await StartRunAsync(Samples.NewSession());
        await Journal.AppendAsync(run, 0, [Samples.Said("1")]);
        await _log!.FinishAsync(run, 1, [], TimeSpan.Zero);
        await RefusedAsync(run, 1);
    }

    [Fact]
    public async Task A_run_that_was_taken_over_writes_nothing_more_and_the_new_owner_goes_on()
    {
        var paused = await StartRunAsync(Samples.NewSession());
        await Journal.AppendAsync(paused, 0, [Samples.Said("1")]);
        await _log!.RenewLeaseAsync(paused.SiloId, TimeSpan.Zero);
        var next = (await _log.RecoverAsync(paused, "silo-2"))!.Run;

        await RefusedAsync(paused, 1);
        await RefusedAsync(next with { RunId = "another" }, 1);
        await Journal.AppendAsync(next, 1, [Samples.Said("2")]);
        Assert.Equal(["1", "2"], await SaidAsync(paused.Key));
    }

    [Fact]
    public async Task A_run_that_never_started_writes_nothing()
    {
        var run = new RunToken(Samples.NewSession(), "silo-1", "run");
        await Assert.ThrowsAsync<OwnershipLostException>(() => Journal.AppendAsync(run, 0, [Samples.Said("1")]).AsTask());
        Assert.Equal(0, await _raw!.NumberAsync("EXISTS", Name(run.Key)));
    }

    [Fact]
    public async Task A_run_that_was_canceled_still_owns_its_session()
    {
        var run = await StartRunAsync(Samples.NewSession());
        Assert.True(await _log!.CancelAsync(run.Key));
        await Journal.AppendAsync(run, 0, [Samples.Said("last words")]);
        Assert.Equal(["last words"], await SaidAsync(run.Key));
    }

    [Fact]
    public async Task Two_deployments_with_prefixes_of_their_own_have_journals_of_their_own()
    {
        var run = await StartRunAsync(Samples.NewSession());
        await Journal.AppendAsync(run, 0, [Samples.Said("1")]);
        var other = new RedisJournal(_connection!, Options.Create(new StorageOptions { RedisPrefix = RedisServer.NewPrefix() }));
        Assert.Empty(await other.ReadAsync(run.Key, 0));
    }

    [Fact]
    public async Task An_entry_that_is_no_record_is_an_error_that_names_it()
    {
        var run = await StartRunAsync(Samples.NewSession());
        await Journal.AppendAsync(run, 0, [Samples.Said("1")]);
        await _raw!.CallAsync("XADD", Name(run.Key), "0-2", "run", "r", "record", "{]");
        await _raw.CallAsync("XADD", Name(run.Key), "0-3", "something", "else");

        foreach (var (after, entry) in ((long, string)[])[(0, "0-2"), (2, "0-3")])
        {
            var error = await Assert.ThrowsAsync<InvalidDataException>(() => Journal.ReadAsync(run.Key, after).AsTask());
            Assert.StartsWith($"Entry {entry} of {Name(run.Key)}: ", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_Redis_that_is_away_is_said_so_and_nothing_is_lost()
    {
        await using var server = await RedisServer.StartAsync(isDurable: true);
        var options = Options.Create(RedisStage.NewOptions("pyaix"));
        await using var connection = await RedisConnection.ConnectAsync(server.Configuration, options, TimeProvider.System);
        using var log = new RedisStreamStore(connection, options);
        var journal = new RedisJournal(connection, options);
        var run = new RunToken(Samples.NewSession(), "silo-1", "run");
        await log.StartAsync(run);
        await journal.AppendAsync(run, 0, [Samples.Said("1")]);

        server.Kill();
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => journal.AppendAsync(run, 1, [Samples.Said("2")]).AsTask());
        Assert.StartsWith($"Redis at {server.Configuration} could not append to journal pyaix:#journal:{run.Key}: ", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => journal.ReadAsync(run.Key, 0).AsTask());
        await Assert.ThrowsAsync<StorageUnavailableException>(() => journal.DeleteAsync(run).AsTask());

        await server.RestartAsync();
        await Wait.Until(async () =>
        {
            try
            {
                await journal.AppendAsync(run, 1, [Samples.Said("2")]);
                Assert.Equal(["1", "2"], Said(await journal.ReadAsync(run.Key, 0)));
                return true;
            }
            catch (StorageUnavailableException)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task A_forgotten_script_is_sent_again()
    {
        var run = await StartRunAsync(Samples.NewSession());
        await Journal.AppendAsync(run, 0, [Samples.Said("1")]);
        await redis.Server.FlushScriptsAsync();
        await Journal.AppendAsync(run, 1, [Samples.Said("2")]);
        Assert.Equal(["1", "2"], await SaidAsync(run.Key));
    }

    protected override ValueTask<ISessionJournal?> ReopenAsync() => new(new RedisJournal(_connection!, _options));

    protected override async Task<RunToken> StartRunAsync(SessionKey key)
    {
        var run = new RunToken(key, "silo-1", Guid.CreateVersion7().ToString());
        await _log!.StartAsync(run);
        return run;
    }

    private string Name(SessionKey key) => $"{_options.Value.RedisPrefix}:#journal:{key}";

    private async Task RefusedAsync(RunToken run, long version)
    {
        var before = await _raw!.EntriesAsync(Name(run.Key));
        var error = await Assert.ThrowsAsync<OwnershipLostException>(() => Journal.AppendAsync(run, version, [Samples.Said("x")]).AsTask());
        Assert.Equal($"Run {run.RunId} does not own session {run.Key} any more. Its journal was left as it is.", error.Message);
        await Assert.ThrowsAsync<OwnershipLostException>(() => Journal.DeleteAsync(run).AsTask());
        Assert.NotEmpty(before);
        Assert.Equal(before, await _raw.EntriesAsync(Name(run.Key)));
    }
}
