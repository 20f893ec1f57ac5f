using System.Collections.Concurrent;
using AgentStream.Grains.Runs;
using AgentStream.Storage;
using AgentStream.Storage.Ownership;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Tests.ForeignWrites;

/// <summary>What Redis refuses for good ends the run that it is about, and nothing else.</summary>
public sealed class RefusalTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private readonly SessionKey _key = TestSilos.NewSession();
    private readonly SessionKey _other = TestSilos.NewSession();

    [Theory]
    [InlineData("SET", "", "is a string and should be a stream")]
    [InlineData("XADD", "", "could not append to stream ")]
    [InlineData("HSET", ":run", "has a value that AgentStream does not write")]
    public async Task A_run_whose_append_is_refused_ends_with_that_error_at_once_and_the_session_is_free_again(string command, string key, string why)
    {
        var gate = new Gate();
        var model = new ScriptedModel([Step.Say("one"), new Step.Pause(gate), Step.Say("two"), new Step.Pause(new Gate())], [Step.Say("again")]);
        await using var silos = await TestSilos.StartAsync(redis.Server.Configuration, model);
        using var raw = await redis.Server.ConnectAsync();
        var name = $"{silos.Prefix}:{_key}{key}";
        await silos.Client.StartAsync(_key, new RunRequest("go"));
        await gate.ReachedAsync();
        await Wait.Until(async () => (await raw.EntriesAsync($"{silos.Prefix}:{_key}")).Count > 2, "one");

        switch (command)
        {
            case "SET":
                await raw.CallAsync("SET", name, "x");
                break;
            case "XADD":
                await raw.CallAsync("XADD", name, "18446744073709551615-18446744073709551615", "a", "b");
                break;
            default:
                await raw.CallAsync("HSET", name, "seq", "x");
                break;
        }

        // The model waits forever behind its second word; the run does not.
        gate.Open();
        await Wait.Until(() => silos.Services.GetRequiredService<RunHost>().Count == 0, "the run to be over");
        Assert.Empty(await silos.Client.GetLiveSessionsAsync(_key.UserKey));
        Assert.Equal(0, await raw.NumberAsync("EXISTS", $"{silos.Prefix}:{_key}:live", $"{silos.Prefix}:#silo:{silos.Services.GetRequiredService<SiloIdentity>().Id}:runs"));
        var snapshot = await silos.Client.GetSessionAsync(_key);
        Assert.StartsWith("crashed - Redis at ", snapshot!.Error, StringComparison.Ordinal);
        Assert.Contains(why, snapshot.Error, StringComparison.Ordinal);

        await raw.CallAsync("DEL", $"{silos.Prefix}:{_key}");
        await silos.Client.StartAsync(_key, new RunRequest("again"));
        Assert.Contains("again", await silos.TranscriptAsync(_key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_is_refused_says_which_key_it_is_and_one_that_has_to_wait_says_so_through_the_grain_too()
    {
        await using var server = await RedisServer.StartAsync();
        using var raw = await server.ConnectAsync();
        await using var silos = await TestSilos.StartAsync(server.Configuration, new ScriptedModel([Step.Say("hello")]));
        await raw.CallAsync("SET", $"{silos.Prefix}:{_key}", "x");

        var refused = await Assert.ThrowsAsync<StorageRefusedException>(() => silos.Client.StartAsync(_key, new RunRequest("go")));
        Assert.Contains($"key {silos.Prefix}:{_key} is a string and should be a stream", refused.Message, StringComparison.Ordinal);

        await raw.CallAsync("CONFIG", "SET", "maxmemory", "1");
        var away = await Assert.ThrowsAsync<StorageUnavailableException>(() => silos.Client.StartAsync(_other, new RunRequest("go")));
        Assert.Contains("OOM", away.Message, StringComparison.Ordinal);
        await raw.CallAsync("CONFIG", "SET", "maxmemory", "0");
        Assert.Contains("hello", await silos.RunAsync(_other), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lease_that_could_not_be_renewed_for_a_missing_right_is_renewed_when_the_right_is_there()
    {
        await using var server = await RedisServer.StartAsync();
        using var raw = await server.ConnectAsync();
        await raw.CallAsync("ACL", "SETUSER", "silo", "on", ">p", "~*", "&*", "+@all");
        var lines = new Lines();
        await using var silos = await TestSilos.StartAsync(
            $"{server.Configuration},user=silo,password=p", new ScriptedModel([Step.Say("hello")]), _ => { }, _ => { }, lines.AddTo, storage: o => o.Lease = TimeSpan.FromSeconds(10));
        var lease = $"{silos.Prefix}:#silo:{silos.Services.GetRequiredService<SiloIdentity>().Id}";
        await Wait.Until(async () => await raw.NumberAsync("EXISTS", lease) == 1, "the lease");

        await raw.CallAsync("ACL", "SETUSER", "silo", "-set", "-setex", "-psetex");
        await lines.SaysAsync("This process's lease has not been renewed for ");
        await raw.CallAsync("ACL", "SETUSER", "silo", "+@all");
        await lines.SaysAsync("This process's lease is renewed again.");

        await Wait.Until(async () => await raw.NumberAsync("PTTL", lease) is > 7_000 and <= 10_000, "the lease to be renewed");
        Assert.Single(lines.Texts, line => line.StartsWith("Renewing this process's lease failed.", StringComparison.Ordinal));
        Assert.Single(lines.Texts, line => line.StartsWith("This process's lease has not been renewed for ", StringComparison.Ordinal));
        Assert.Contains("hello", await silos.RunAsync(_key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_run_whose_record_was_overwritten_does_not_keep_others_from_hearing_that_they_are_canceled()
    {
        var (bad, good) = (new Gate(), new Gate());
        var model = new ScriptedModel([Step.Say("bad"), new Step.Pause(bad)], [Step.Say("good"), new Step.Pause(good)], [Step.Say("good"), new Step.Pause(good)]);
        await using var silos = await TestSilos.StartAsync(redis.Server.Configuration, model);
        using var raw = await redis.Server.ConnectAsync();
        await silos.Client.StartAsync(_key, new RunRequest("go"));
        await bad.ReachedAsync();
        foreach (var i in Enumerable.Range(0, 2))
        {
            var (key, name) = (TestSilos.NewSession(), $"{silos.Prefix}:{_key}");
            await silos.Client.StartAsync(key, new RunRequest("go"));
            await good.ReachedAsync();
            await raw.CallAsync(i == 0 ? ["SET", $"{name}:run", "x"] : ["DEL", $"{name}:run"]);
            await raw.CallAsync("DEL", $"{name}:live");

            // Without a notice: the check each second finds it, though the model is silent.
            var listening = silos.TranscriptAsync(key);
            await raw.CallAsync("DEL", $"{silos.Prefix}:{key}:live");
            Assert.EndsWith("error {\"msg\":\"canceled\"}\nend\n", await listening, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Prompts_that_wait_have_their_turn_though_their_list_is_something_else()
    {
        var gate = new Gate();
        await using var server = await RedisServer.StartAsync();
        using var raw = await server.ConnectAsync();
        await using var silos = await TestSilos.StartAsync(
            server.Configuration, new ScriptedModel([new Step.Pause(gate), Step.Say("one")], [Step.Say("two")]), _ => { }, _ => { }, storage: storage => storage.Journal = "redis");
        await silos.Client.StartAsync(_key, new RunRequest("1"));
        var second = await silos.Client.StartAsync(_key, new RunRequest("2", OnBusy: BusySessionBehavior.Queue));
        await raw.CallAsync("LPUSH", $"{silos.Prefix}:#waiting:{_key}", "garbage");
        await raw.CallAsync("LPUSH", $"{silos.Prefix}:#waiting:garbage", "garbage");
        await raw.CallAsync("SET", $"{silos.Prefix}:#waiting:1:1:foreign", "garbage");

        // Last: the silo's next look finds it, and makes the list anew from the keys that are there then.
        await raw.CallAsync("SET", $"{silos.Prefix}:#waiting", "x");
        gate.Open();

        var log = silos.Services.GetRequiredService<IStreamStore>();
        await Wait.Until(async () => await log.FindRunAsync(_key) is { HasEnded: true } run && run.Run.RunId == second.RunId, "the second prompt to have its turn");
        await Wait.Until(async () => (await raw.TextsAsync("ZRANGE", $"{silos.Prefix}:#waiting:1:1", "0", "-1")) is ["foreign"], "what is no session to be taken out");
        Assert.Equal(["1:1"], await raw.TextsAsync("ZRANGE", $"{silos.Prefix}:#waiting", "0", "-1"));
        Assert.Equal(0, await raw.NumberAsync("EXISTS", $"{silos.Prefix}:#waiting:{_key}"));
    }

    [Fact]
    public async Task What_is_no_session_in_a_users_list_is_not_listed()
    {
        await using var silos = await TestSilos.StartAsync(redis.Server.Configuration, new ScriptedModel([Step.Say("hello")]), _ => { }, _ => { }, storage: storage => storage.Journal = "redis");
        using var raw = await redis.Server.ConnectAsync();
        await silos.RunAsync(_key);
        var user = _key.UserKey;
        await raw.CallAsync("ZADD", $"{silos.Prefix}:#journals:{user}", "inf", "a:b", "-inf", "old", "1e300", "late");
        await raw.CallAsync("SET", $"{silos.Prefix}:#titles:{user}", "x");

        Assert.Equal(["late", _key.Session, "old"], (await silos.Client.ListSessionsAsync(user, 10)).Select(session => session.Key.Session));
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _texts = new();

        public IEnumerable<string> Texts => _texts;

        public void AddTo(IServiceCollection services) => services.AddSingleton<ILoggerProvider>(this);

        public Task SaysAsync(string start) => Wait.Until(() => _texts.Any(text => text.StartsWith(start, StringComparison.Ordinal)), $"the log to say '{start}'");

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _texts.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
