using System.Collections.Concurrent;
using System.Text;
using AgentStream.Storage.Redis;
using AgentStream.TestTools;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>Other programs write to the same Redis. What they put into our keys harms the session that it is about, and no other.</summary>
public sealed partial class ForeignWritesTests(RedisFixture redis) : IClassFixture<RedisFixture>, IAsyncLifetime
{
    private static readonly SessionKey Key = new(1, 2, "s");
    private static readonly SessionKey Other = new(1, 2, "other");

    private readonly Lines _lines = new();
    private readonly StorageOptions _options = RedisStage.NewOptions();
    private RedisConnection? _connection;
    private RedisStreamStore? _log;
    private RawRedis? _raw;

    private RedisStreamStore Log => _log!;

    private RawRedis Raw => _raw!;

    private static RunToken Run => new(Key, "silo-a", "run-1");

    private static RunToken OtherRun => new(Other, "silo-a", "run-2");

    public async Task InitializeAsync()
    {
        _connection = await RedisConnection.ConnectAsync(redis.Server.Configuration, Options.Create(_options), TimeProvider.System);
        _log = new(_connection, Options.Create(_options), _lines);
        _raw = await redis.Server.ConnectAsync();
    }

    public async Task DisposeAsync()
    {
        Log.Dispose();
        await _connection!.DisposeAsync();
        Raw.Dispose();
    }

    // Each as another program's commands, the prefix left out: what is among the runs of a silo that is gone.
    public static TheoryData<string, string> Abandoned => new()
    {
        { "SADD :#silo:dead:runs 1:1:foo|SET :1:1:foo:run bar", "#silo:dead:runs, member '1:1:foo'" },
        { "SADD :#silo:dead:runs garbage|HSET :garbage:run silo dead run r1", "#silo:dead:runs, member 'garbage'" },
        { "SADD :#silo:dead:runs garbage|HSET :garbage:run silo dead run r1 seq 1 begin 1-1", "#silo:dead:runs, member 'garbage'" },
        { "SET :#silo:dead:runs garbage", "#silo:dead:runs" },
        { "HSET :#silo:dead:runs a b", "#silo:dead:runs" },
        { "SADD :#silo:dead:runs 1:1:foo|HSET :1:1:foo:run silo dead run r1", "#silo:dead:runs, member '1:1:foo'" },
        { "SADD :#silo:dead:runs 1:1:foo|HSET :1:1:foo:run silo dead run r1 seq x begin 1-1", "#silo:dead:runs, member '1:1:foo'" },
        { "SADD :#silo:dead:runs 1:1:foo|HSET :1:1:foo:run silo dead run r1 seq nan begin 1-1", "#silo:dead:runs, member '1:1:foo'" },
        { "SADD :#silo:dead:runs 1:1:foo|HSET :1:1:foo:run silo dead run r1 seq 1 begin x", "#silo:dead:runs, member '1:1:foo'" },
        { "SADD :#silo:dead:runs 1:1:foo|HSET :1:1:foo:run silo dead seq 1 begin 1-1", "#silo:dead:runs, member '1:1:foo'" },
        { "SADD :#silo:dead:runs 1:ä:foo|HSET :1:ä:foo:run silo dead run r1 seq 1 begin 1-1", "#silo:dead:runs, member '1:ä:foo'" },
        { "SADD :#silo:dead:runs 1:1|HSET :1:1:run silo dead run r1 seq 1 begin 1-1", "#silo:dead:runs, member '1:1'" },
        { "DEL :#silos|SET :#silos garbage", "#silos" },
    };

    [Theory]
    [MemberData(nameof(Abandoned))]
    public async Task What_is_no_run_among_those_of_a_dead_silo_is_said_once_and_taken_out_and_the_others_are_found(string writes, string named)
    {
        await Raw.CallAsync("SADD", Name("#silos"), "dead");
        await WriteAsync(writes);
        Assert.Empty(await Log.FindOrphanedAsync(64));
        await WriteAsync(writes);
        await Log.StartAsync(OtherRun);
        await Log.RenewLeaseAsync(OtherRun.SiloId, TimeSpan.Zero);

        for (var look = 0; look < 3; look++)
        {
            var found = await Log.FindOrphanedAsync(64);
            Assert.All(found, run => Assert.Equal(OtherRun, run));

            // Where the list of silos was gone, a silo is back in it with its next renewal.
            await Log.RenewLeaseAsync(OtherRun.SiloId, TimeSpan.FromMinutes(1));
            await Raw.CallAsync("DEL", Name($"#silo:{OtherRun.SiloId}"));
        }

        Assert.Equal([OtherRun], await Log.FindOrphanedAsync(64));
        Assert.Single(_lines.Texts, line => line.Contains($"Redis key {Name(named)} is not what AgentStream writes", StringComparison.Ordinal));
        Assert.Equal(0, await Raw.NumberAsync("SISMEMBER", Name("#silos"), "dead"));
        Assert.Equal(new(OtherRun.For("heir"), 0, (await Log.FindRunAsync(Other))!.Begin, RunStatus.Live), await Log.RecoverAsync(OtherRun, "heir"));
    }

    [Fact]
    public async Task What_is_no_session_among_the_runs_of_a_silo_is_said_once_and_taken_out()
    {
        await Log.StartAsync(Run);
        await Raw.CallAsync("SADD", Name("#silo:silo-a:runs"), "garbage", "1:1", "", ":::");
        for (var look = 0; look < 2; look++)
        {
            Assert.Equal([Key], await Log.FindOwnedAsync("silo-a"));
        }

        Assert.Equal(4, _lines.Texts.Count());
        Assert.Equal(["1:2:s"], await Raw.TextsAsync("SMEMBERS", Name("#silo:silo-a:runs")));
    }

    [Fact]
    public async Task A_run_that_was_taken_out_of_the_lists_is_put_back()
    {
        await Log.StartAsync(Run);
        string[] lists = [Name("#silo:silo-a:runs"), Name("#silos"), Name("#registry:1:2")];
        foreach (var list in lists)
        {
            await WriteAsync($"DEL {list}|HSET {list} a b");
        }

        Assert.Empty(await Log.FindOwnedAsync("silo-a"));
        await Log.KeepAsync(Run);
        Assert.Equal([Key], await Log.FindOwnedAsync("silo-a"));
        Assert.Equal([Key], await Log.GetLiveSessionsAsync(new(1, 2)));
        await Raw.CallAsync("DEL", Name("#silo:silo-a"));
        Assert.Equal([Run], await Log.FindOrphanedAsync(10));

        await Log.FinishAsync(Run, 1, [], TimeSpan.Zero);
        await Log.KeepAsync(Run);
        Assert.Empty(await Log.FindOwnedAsync("silo-a"));
    }

    [Fact]
    public async Task A_check_of_many_runs_is_not_kept_from_the_others_by_one_whose_record_is_none()
    {
        await Log.StartAsync(Run);
        await Log.StartAsync(OtherRun);
        await WriteAsync("DEL :1:2:s:run :1:2:s:live :1:2:other:live|SET :1:2:s:run x");

        Assert.Equal([RunStatus.Lost, RunStatus.Canceled], await Log.CheckAsync([Run, OtherRun]));
        await WriteAsync("SADD :1:2:other:live x");
        Assert.Equal([RunStatus.Lost, RunStatus.Canceled], await Log.CheckAsync([Run, OtherRun]));
    }

    [Theory]
    [InlineData("SET")]
    [InlineData("RPUSH")]
    public async Task A_registry_that_is_none_is_made_again_from_the_sessions(string command)
    {
        await Log.StartAsync(Run);
        await Log.StartAsync(OtherRun);
        await Log.FinishAsync(OtherRun, 1, [], TimeSpan.FromSeconds(5));
        await WriteAsync($"SET :1:2:python:live 1|DEL :#registry:1:2|{command} :#registry:1:2 garbage");

        Assert.Equal([Key], await Log.GetLiveSessionsAsync(new(1, 2)));
        Assert.Equal([Key], await Log.GetLiveSessionsAsync(new(1, 2)));
        Assert.Equal(["s"], await Raw.TextsAsync("SMEMBERS", Name("#registry:1:2")));
    }

    [Fact]
    public async Task What_is_no_session_in_a_registry_is_not_listed()
    {
        await Log.StartAsync(Run);
        await WriteAsync("SADD :#registry:1:2 a:b gone|SET :1:2:a:b:live 1");
        Assert.Equal([Key], await Log.GetLiveSessionsAsync(new(1, 2)));
        Assert.Equal([Key], await Log.GetLiveSessionsAsync(new(1, 2), includeExternal: true));
    }

    [Theory]
    [InlineData("SET :#silos x")]
    [InlineData("SET :#silo:silo-a:runs x")]
    [InlineData("SET :#registry:1:2 x")]
    [InlineData("HSET :#silo:silo-a a b")]
    [InlineData("ZADD :#silos 1 x|ZADD :#silo:silo-a:runs 1 x|ZADD :#registry:1:2 1 x|ZADD :#silo:silo-a 1 x")]
    public async Task Lists_that_are_none_do_not_keep_a_run_from_its_start_or_its_end(string writes)
    {
        await WriteAsync(writes);
        await Log.StartAsync(Run);
        Assert.Equal([Key], await Log.GetLiveSessionsAsync(new(1, 2)));
        Assert.Equal([Key], await Log.FindOwnedAsync("silo-a"));

        await Raw.CallAsync("DEL", Name("#silos"), Name("#silo:silo-a:runs"), Name("#registry:1:2"), Name("#silo:silo-a"));
        await WriteAsync(writes);
        await Log.RenewLeaseAsync("silo-a", TimeSpan.FromMinutes(1));
        Assert.Equal(RunStatus.Live, (await Log.AppendAsync(Run, 1, [Event("a")])).Status);
        Assert.Equal(RunStatus.Live, (await Log.FinishAsync(Run, 2, [], TimeSpan.FromSeconds(5))).Status);
        Assert.Empty(await Log.GetLiveSessionsAsync(new(1, 2)));
    }

    private static NewEntry Event(string text) => new(Protocol.Event, "o", Encoding.UTF8.GetBytes(text));

    private string Name(string rest) => $"{_options.RedisPrefix}:{rest}";

    private async Task WriteAsync(string writes)
    {
        foreach (var write in writes.Split('|'))
        {
            await Raw.CallAsync([.. write.Split(' ').Select(word => word.StartsWith(':') ? _options.RedisPrefix + word : word)]);
        }
    }

    private sealed class Lines : ILogger<RedisStreamStore>
    {
        private readonly ConcurrentQueue<string> _texts = new();

        public IEnumerable<string> Texts => _texts;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _texts.Enqueue(formatter(state, exception));
    }
}
