using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AgentStream.Storage.Queue;
using AgentStream.Storage.Redis;
using AgentStream.Storage.Tests.Redis;
using AgentStream.TestTools;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Queue;

/// <summary>The queue in Redis keeps the contract, whatever others write to its keys.</summary>
public sealed partial class RedisPromptQueueTests(RedisFixture redis) : PromptQueueContract, IClassFixture<RedisFixture>, IAsyncLifetime
{
    private readonly SessionKey _key = Samples.NewSession();
    private RedisStage? _stage;
    private RedisPromptQueue? _queue;

    protected override IPromptQueue Queue => _queue!;

    private RawRedis Raw => _stage!.Raw;

    private string Index => $"{_stage!.Options.RedisPrefix}:#waiting";

    public async Task InitializeAsync() => (_stage, _queue) = await OpenAsync(redis.Server);

    public async Task DisposeAsync() => await _stage!.DisposeAsync();

    [Fact]
    public async Task What_waits_has_these_keys_and_nothing_is_left_of_it()
    {
        await Queue.AddAsync(_key, Prompt("run-1", "hello"));
        var prefix = _stage!.Options.RedisPrefix;
        Assert.Equal(
            [$"{prefix}:#prompts:{_key}", $"{prefix}:#waiting", $"{prefix}:#waiting-counts", $"{prefix}:#waiting:1:1", $"{prefix}:#waiting:{_key}"],
            (await Raw.TextsAsync("KEYS", $"{prefix}:*")).Order(StringComparer.Ordinal));
        Assert.Equal(["""{"run_id":"run-1","agent":"assistant"}"""], await Raw.TextsAsync("LRANGE", $"{Index}:{_key}", "0", "-1"));
        Assert.Equal(Encoding.UTF8.GetString(Prompt("run-1", "hello").ToJson()), await Raw.TextAsync("HGET", $"{prefix}:#prompts:{_key}", "run-1"));
        Assert.Equal(["1:1"], await Raw.TextsAsync("ZRANGE", Index, "0", "-1"));
        Assert.Equal([_key.Session], await Raw.TextsAsync("ZRANGE", $"{Index}:1:1", "0", "-1"));

        await Queue.RemoveAsync(_key, "run-1");
        Assert.Empty(await Raw.TextsAsync("KEYS", $"{prefix}:*"));
    }

    [Fact]
    public async Task Who_owns_a_session_clears_it_and_nothing_is_left_of_it()
    {
        var owner = new RunToken(_key, "silo", "run");
        await _stage!.Log.StartAsync(owner);
        await Queue.AddAsync(_key, Prompt("run-1"));
        await Queue.ClearAsync(owner with { RunId = "another" });
        Assert.Equal(1, await Queue.CountAsync(_key));
        await Queue.ClearAsync(owner);
        Assert.Empty(await Raw.TextsAsync("KEYS", $"{_stage.Options.RedisPrefix}:#[pw]*"));
    }

    [Theory]
    [InlineData("#waiting")]
    [InlineData("#waiting:1:1")]
    public async Task An_index_that_is_something_else_is_made_again(string index)
    {
        var other = new SessionKey("1", "other", "s");
        await Queue.AddAsync(_key, Prompt("run-1"));
        await Queue.AddAsync(other, Prompt("run-1"));
        await Raw.CallAsync("SET", $"{_stage!.Options.RedisPrefix}:{index}", "x");

        // Also what comes while it is so.
        var late = new SessionKey("1", "1", "late");
        await Queue.AddAsync(late, Prompt("run-1"));
        await Queue.ListSessionsAsync(10);
        Assert.Equivalent(new[] { _key, other, late }, await Queue.ListSessionsAsync(10), strict: true);
    }

    [Fact]
    public async Task What_is_no_session_stops_no_other_and_goes()
    {
        await Queue.AddAsync(_key, Prompt("run-1"));
        await Raw.CallAsync("ZADD", Index, "-inf", "garbage", "-inf", "a:b:c", "-inf", "", "0", "no:sessions", "1", "1:string");
        await Raw.CallAsync("ZADD", $"{Index}:1:1", "-inf", "a:b", "-inf", "", "0", "nothing-waits");
        await Raw.CallAsync("SET", $"{Index}:1:string", "x");
        await Raw.CallAsync("RPUSH", $"{Index}:{_key}", "garbage", "");

        var found = new List<SessionKey>();
        await Wait.Until(async () =>
        {
            found.AddRange(await Queue.ListSessionsAsync(6));
            return (await Raw.TextsAsync("ZRANGE", Index, "0", "-1")) is ["1:1"] && (await Raw.TextsAsync("ZRANGE", $"{Index}:1:1", "0", "-1")).Count == 1;
        });
        Assert.Equal([_key], found.Distinct());
        Assert.Equal(["run-1"], (await Queue.ListAsync(_key)).Select(info => info.RunId));
        Assert.Equal(1, await Queue.CountAsync(_key));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("garbage")]
    [InlineData("{}")]
    public async Task A_prompt_whose_text_another_program_took_is_not_found_and_can_be_taken_out(string? text)
    {
        await Queue.AddAsync(_key, Prompt("run-1"));
        await Queue.AddAsync(_key, Prompt("run-2"));
        await Raw.CallAsync(text is null ? ["HDEL", $"{_stage!.Options.RedisPrefix}:#prompts:{_key}", "run-1"] : ["HSET", $"{_stage!.Options.RedisPrefix}:#prompts:{_key}", "run-1", text]);
        Assert.Null(await Queue.FindAsync(_key, "run-1"));
        await Queue.RemoveAsync(_key, "run-1");
        Assert.Equal(["run-2"], (await FindAllAsync(_key)).Select(prompt => prompt?.RunId));
    }

    [Fact]
    public async Task What_a_session_asks_of_its_queue_has_no_prompts_in_it()
    {
        // A server of its own: what it sends is counted for the whole server.
        await using var server = await RedisServer.StartAsync();
        var (stage, queue) = await OpenAsync(server);
        await using var _ = stage;
        for (var i = 0; i < IPromptQueue.MaxQueued; i++)
        {
            await queue.AddAsync(_key, Prompt($"run-{i}", new('x', 1_000_000)) with { IdempotencyKey = $"key-{i}", RequestHash = new('a', 64) });
        }

        var before = await SentAsync(stage.Raw);
        await queue.CountAsync(_key);
        await queue.ListAsync(_key);
        await queue.ListSessionsAsync(10);
        await queue.RemoveAsync(_key, "run-50");
        Assert.InRange(await SentAsync(stage.Raw) - before, 1, 100_000);

        // One text is read where one is asked for.
        before = await SentAsync(stage.Raw);
        await queue.FindAsync(_key, "run-0");
        Assert.InRange(await SentAsync(stage.Raw) - before, 1_000_000, 1_100_000);
    }

    [Fact]
    public async Task A_look_costs_the_same_with_ten_and_with_a_thousand_waiting_sessions()
    {
        await using var server = await RedisServer.StartAsync();
        var (stage, queue) = await OpenAsync(server);
        await using var _ = stage;
        var costs = new List<long>();
        foreach (var (first, last) in new[] { (0, 10), (10, 1_000) })
        {
            await Task.WhenAll(Enumerable.Range(first, last - first).Select(i => queue.AddAsync(new SessionKey("1", "many", $"s{i}"), Prompt("run")).AsTask()));

            // The first time the client sends its scripts whole.
            await queue.ListSessionsAsync(8);
            await stage.Raw.CallAsync("CONFIG", "RESETSTAT");
            Assert.Equal(8, (await queue.ListSessionsAsync(8)).Count);
            costs.Add(Calls().Matches((await stage.Raw.TextAsync("INFO", "commandstats"))!).Sum(match => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)));
        }

        Assert.Equal(costs[0], costs[1]);
    }

    private static async Task<(RedisStage Stage, RedisPromptQueue Queue)> OpenAsync(RedisServer server)
    {
        var stage = await RedisStage.OpenAsync(server);
        return (stage, new(stage.Connection, Options.Create(stage.Options), NullLogger<RedisPromptQueue>.Instance));
    }

    private static async Task<long> SentAsync(RawRedis raw) =>
        long.Parse(Sent().Match((await raw.TextAsync("INFO", "stats"))!).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"total_net_output_bytes:(\d+)")]
    private static partial Regex Sent();

    [GeneratedRegex(@"cmdstat_(?!info|config|ping|client)\w+(?:\|\w+)?:calls=(\d+)")]
    private static partial Regex Calls();
}
