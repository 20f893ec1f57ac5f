using System.Collections.Concurrent;
using AgentStream.Storage.Redis;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>What a Redis cannot do is found out when a process with runs starts.</summary>
public sealed class RedisCheckTests : IAsyncLifetime
{
    private const string Password = "S3CRET";

    private readonly string _prefix = RedisServer.NewPrefix();
    private readonly Lines _lines = new();
    private RedisServer? _server;
    private RawRedis? _raw;

    private RedisServer Server => _server!;

    private RawRedis Raw => _raw!;

    public async Task InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _raw = await _server.ConnectAsync();
    }

    public async Task DisposeAsync()
    {
        Raw.Dispose();
        await Server.DisposeAsync();
    }

    [Theory]
    [InlineData("allchannels ~* +@all -@admin -@dangerous")]
    [InlineData("&{0}:* ~{0}:* +@all -@admin -@dangerous")]
    public async Task A_user_with_these_rights_is_enough_and_nothing_is_left_but_the_keys_of_Data_Protection(string rights)
    {
        await StartAsync(await UserAsync(rights));

        // Who made the first of the keys is forgotten within seconds.
        Assert.Equal([$"{_prefix}:#keys"], (await Raw.TextsAsync("KEYS", "*")).Where(key => key != $"{_prefix}:#keys:first"));
        Assert.Empty(_lines.Warnings);
    }

    [Theory]
    [InlineData("resetchannels ~{0}:* +@all", "SUBSCRIBE")]
    [InlineData("&other:* ~{0}:* +@all", "SUBSCRIBE")]
    [InlineData("&* ~{0}:* +@all -subscribe", "SUBSCRIBE")]
    [InlineData("&* ~other:* +@all", "EVAL")]
    [InlineData("&* ~{0}:* +@all -eval", "EVAL")]
    [InlineData("&* ~{0}:* +@all -evalsha", "EVALSHA")]
    [InlineData("&* ~{0}:* +@all -@scripting", "EVAL")]
    [InlineData("&* ~{0}:* +@all -xadd", "XADD")]
    [InlineData("&* ~{0}:* +@all -@stream", "XADD")]
    [InlineData("&* ~{0}:* +@all -xinfo", "XINFO")]
    [InlineData("&* ~{0}:* +@all -getdel", "GETDEL")]
    [InlineData("&* ~{0}:* +@all -set", "SET")]
    [InlineData("&* ~{0}:* +@all -@hash", "HSET")]
    [InlineData("&* ~{0}:* +@all -publish", "PUBLISH")]
    [InlineData("&* ~{0}:* +@all -scan", "SCAN")]
    [InlineData("&* ~{0}:* +@all -del", "DEL")]
    [InlineData("&* ~{0}:* +@read +@connection +@pubsub +@scripting +time", "XADD")]
    public async Task What_a_user_may_not_do_is_one_sentence_that_names_the_setting_and_the_command(string rights, string command)
    {
        await IsRefusedAsync(await UserAsync(rights), $"it answers {command} with '");

        await Raw.CallAsync("ACL", "DELUSER", "agents");
        foreach (var key in await Raw.TextsAsync("KEYS", "*"))
        {
            // Where the keys may not be deleted, they go by themselves, and may be gone (-2).
            Assert.InRange(await Raw.NumberAsync("PTTL", key!) is var stays and not -2 ? stays : 0, 0, 10_000);
        }
    }

    [Theory]
    [InlineData("GETDEL")]
    [InlineData("LPOS")]
    [InlineData("XADD")]
    [InlineData("EVALSHA")]
    public async Task A_server_without_a_command_is_refused(string command)
    {
        // As an old server is, or one whose operator has taken the command away.
        await using var old = await RedisServer.StartAsync(arguments: ["--rename-command", command, ""]);
        await IsRefusedAsync(old.Configuration, $"it does not know {command}; needed are Redis 6.2 or later");
    }

    [Theory]
    [InlineData("")]
    [InlineData(",protocol=resp2")]
    [InlineData(",$CLUSTER=,$INFO=,$CONFIG=")]
    public async Task A_Redis_Cluster_is_refused(string options)
    {
        await using var cluster = await RedisServer.StartAsync(arguments: ["--cluster-enabled", "yes"]);
        using var raw = await cluster.ConnectAsync();
        await raw.CallAsync("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
        await Wait.Until(async () => (await raw.TextAsync("CLUSTER", "INFO"))!.Contains("cluster_state:ok", StringComparison.Ordinal), "the cluster");

        await IsRefusedAsync(cluster.Configuration + options, "it is a Redis Cluster");
    }

    [Theory]
    [InlineData("READONLY", "REPLICAOF", "127.0.0.1", "1")]
    [InlineData("OOM", "CONFIG", "SET", "maxmemory", "1")]
    public async Task A_Redis_that_cannot_write_for_now_is_away(string answer, params string[] cause)
    {
        await Raw.CallAsync(cause);
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => StartAsync(Server.Configuration));
        Assert.Contains(answer, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("noeviction", 0)]
    [InlineData("allkeys-lru", 1)]
    [InlineData("volatile-ttl", 1)]
    public async Task A_Redis_that_may_throw_keys_away_is_warned_of_once(string policy, int warnings)
    {
        await Raw.CallAsync("CONFIG", "SET", "maxmemory-policy", policy);
        await StartAsync(Server.Configuration);

        Assert.Equal(warnings, _lines.Warnings.Count());
        Assert.All(_lines.Warnings, line => Assert.Contains($"'{policy}'", line, StringComparison.Ordinal));

        await StartAsync(await UserAsync("&* ~* +@all -@dangerous"));
        Assert.Equal(warnings, _lines.Warnings.Count());
    }

    [Fact]
    public async Task A_process_without_runs_needs_no_more_than_it_uses()
    {
        var user = await UserAsync("&* ~* +@all -xadd");
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration[$"ConnectionStrings:{AgentStreamOptions.RedisConnectionName}"] = user;
        builder.Services.AddStreamStore(builder.Configuration);
        using var host = builder.Build();
        await host.StartAsync();
        Assert.False(await host.Services.GetRequiredService<IStreamStore>().CancelAsync(new(1, 1, "s")));
        await host.StopAsync();
    }

    private async Task<string> UserAsync(string rights)
    {
        await Raw.CallAsync(["ACL", "SETUSER", "agents", "reset", "on", $">{Password}", .. string.Format(null, rights, _prefix).Split(' ')]);
        return $"{Server.Configuration},user=agents,password={Password}";
    }

    private async Task IsRefusedAsync(string redis, string why)
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(redis)).Within();
        Assert.StartsWith("ConnectionStrings:redis names a Redis that will not do, 127.0.0.1:", error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.DoesNotContain("script:", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Password, error.Message, StringComparison.Ordinal);
    }

    private async Task StartAsync(string redis)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(_lines);
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.Configuration[$"ConnectionStrings:{AgentStreamOptions.RedisConnectionName}"] = redis;
        builder.Services.AddStorage(builder.Configuration);
        builder.Services.Configure<StorageOptions>(options =>
            (options.RedisPrefix, options.RedisTimeout, options.Journal) = (_prefix, TimeSpan.FromMinutes(1), "memory"));
        using var host = builder.Build();
        await host.StartAsync();
        await host.StopAsync();
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = new();

        public IEnumerable<string> Warnings => _lines.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Text);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue((logLevel, formatter(state, exception)));

        public void Dispose()
        {
        }
    }
}
