using System.Globalization;
using AgentStream.Storage.Tailing;
using AgentStream.Storage.Tests.Hub;
using AgentStream.TestTools;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>Runs that the Python library makes: no owner, no notices, entries that may lack a body.</summary>
public sealed class PythonRunTests(RedisFixture redis) : IClassFixture<RedisFixture>, IAsyncLifetime
{
    private readonly SessionKey _key = new(3, 4, "s");
    private RedisStage? _opened;

    private RedisStage Stage => _opened!;

    private RawRedis Raw => Stage.Raw;

    private RunToken Ours => new(_key, "silo-a", "run-1");

    public async Task InitializeAsync() => _opened = await RedisStage.OpenAsync(redis.Server);

    public async Task DisposeAsync() => await Stage.DisposeAsync();

    [Fact]
    public async Task Its_stream_is_read_as_ours_and_is_open_until_its_end()
    {
        await PythonStartsAsync();
        await Raw.CallAsync("XADD", Name(), "*", "type", "event", "origin", "pydantic-ai", "body", """{"idx":0}""");
        await Raw.CallAsync("XADD", Name(), "*", "origin", "who", "type", "what", "more", "field");

        var slice = await Stage.Log.ReadAsync(_key, Cursor.Start, 10);

        Assert.Equal([("begin", 18), ("event", 9), ("what", 0)], slice.Events.Select(entry => (entry.Type, entry.Body.Length)));
        Assert.EndsWith("""{"type":"what","origin":"who","body":{}}""", slice.Events[2].ToJson(), StringComparison.Ordinal);
        Assert.Equal((true, true), (slice.IsOpen, slice.IsForeign));
        await PythonStopsAsync();
        slice = await Stage.Log.ReadAsync(_key, slice.Events[^1].Cursor, 10);
        Assert.Equal(["end"], slice.Events.Select(entry => entry.Type));
        Assert.Equal((false, false), (slice.IsOpen, slice.IsForeign));
    }

    [Fact]
    public async Task Entries_with_none_of_our_fields_are_passed_on()
    {
        await Raw.CallAsync("XADD", Name(), "*", "x", "y");

        var entry = Assert.Single((await Stage.Log.ReadAsync(_key, Cursor.Start, 10)).Events);

        Assert.Equal(("", "", 0), (entry.Type, entry.Origin, entry.Body.Length));
    }

    [Fact]
    public async Task A_run_that_moves_keeps_ours_out()
    {
        await PythonStartsAsync();

        var busy = await Assert.ThrowsAsync<SessionBusyException>(() => Stage.Log.StartAsync(Ours));

        Assert.Contains("another library", busy.Message, StringComparison.Ordinal);
        Assert.Equal("1", await Raw.TextAsync("GET", Name(":live")));
        Assert.Equal(0, await Raw.NumberAsync("EXISTS", Name(":run")));
    }

    [Theory]
    [InlineData(15, true)]
    [InlineData(61, false)]
    public async Task A_run_that_is_silent_for_a_minute_counts_as_left_behind(int seconds, bool isBusy)
    {
        await PythonStartsAsync(secondsAgo: seconds);
        var slice = await Stage.Log.ReadAsync(_key, Cursor.Start, 10);
        Assert.Equal((isBusy, isBusy), (slice.IsOpen, slice.IsForeign));

        if (isBusy)
        {
            await Assert.ThrowsAsync<SessionBusyException>(() => Stage.Log.StartAsync(Ours));
        }
        else
        {
            var begin = await Stage.Log.StartAsync(Ours);
            Assert.Equal([begin.ToString()], (await Raw.EntriesAsync(Name())).Select(entry => entry.Id));
            Assert.Equal("silo-a:run-1", await Raw.TextAsync("GET", Name(":live")));
        }
    }

    [Fact]
    public async Task A_run_that_was_canceled_keeps_ours_out_until_it_has_said_so()
    {
        await PythonStartsAsync();
        await PythonStopsAsync();
        await PythonStartsAsync();
        Assert.True(await Stage.Log.CancelAsync(_key));

        // Behind an earlier run of Python's the stream expires already; that tells nothing of this one.
        await Assert.ThrowsAsync<SessionBusyException>(() => Stage.Log.StartAsync(Ours));

        await PythonStopsAsync();
        await Stage.Log.StartAsync(Ours);
    }

    [Fact]
    public async Task A_run_that_stops_keeps_ours_out_until_its_stream_expires()
    {
        await PythonStartsAsync();
        await Raw.CallAsync("XADD", Name(), "*", "type", "end", "origin", "pydantic-ai-stream");
        await Raw.CallAsync("DEL", Name(":live"));
        await Assert.ThrowsAsync<SessionBusyException>(() => Stage.Log.StartAsync(Ours));

        await Raw.CallAsync("EXPIRE", Name(), "60");
        await Stage.Log.StartAsync(Ours);

        Assert.Equal(-1, await Raw.NumberAsync("PTTL", Name()));
    }

    [Fact]
    public async Task A_run_that_began_in_a_canceled_run_of_ours_does_not_expire_with_it()
    {
        await Stage.Log.StartAsync(Ours);
        Assert.True(await Stage.Log.CancelAsync(_key));
        await PythonStartsAsync();

        await Stage.Log.FinishAsync(Ours, 1, [], TimeSpan.FromMinutes(1));

        Assert.Equal(-1, await Raw.NumberAsync("PTTL", Name()));
        Assert.Equal("1", await Raw.TextAsync("GET", Name(":live")));
    }

    [Fact]
    public async Task A_flag_whose_stream_has_not_begun_is_open_for_readers_and_holds_no_start_back()
    {
        await Raw.CallAsync("SET", Name(":live"), "1");

        var slice = await Stage.Log.ReadAsync(_key, Cursor.Start, 10);

        Assert.Equal((true, true), (slice.IsOpen, slice.IsForeign));
        await Stage.Log.StartAsync(Ours);
    }

    [Fact]
    public async Task A_cancel_takes_its_flag_and_its_stream_stays_open_until_it_has_said_so()
    {
        await PythonStartsAsync();

        Assert.True(await Stage.Log.CancelAsync(_key));
        Assert.False(await Stage.Log.CancelAsync(_key));

        Assert.True((await Stage.Log.ReadAsync(_key, Cursor.Start, 10)).IsOpen);
        await PythonStopsAsync();
        Assert.False((await Stage.Log.ReadAsync(_key, Cursor.Start, 10)).IsOpen);
    }

    [Fact]
    public async Task Our_run_within_the_grace_period_of_a_Python_run_starts_empty()
    {
        await PythonStartsAsync();
        await PythonStopsAsync();

        await Stage.Log.StartAsync(Ours);

        Assert.Equal(-1, await Raw.NumberAsync("PTTL", Name()));
        Assert.Single(await Raw.EntriesAsync(Name()));
    }

    [Fact]
    public async Task Query_finds_foreign_runs_only_when_asked()
    {
        // A prefix that would be a pattern, beside keys that this pattern would match.
        await using var odd = await RedisStage.OpenAsync(redis.Server, RedisStage.NewOptions(Stage.Options.RedisPrefix + "[ab]?"));
        await odd.Log.StartAsync(Ours);
        await Raw.CallAsync("SET", odd.Name(new(3, 4, "python")) + ":live", "1");
        await Raw.CallAsync("SET", odd.Options.RedisPrefix + ":3:4:id:with:colons:live", "1");
        await Raw.CallAsync("SET", odd.Name(new(3, 44, "other-user")) + ":live", "1");
        await Raw.CallAsync("SET", Stage.Options.RedisPrefix + "ax:3:4:other-prefix:live", "1");

        Assert.Equal(["s"], (await odd.Log.GetLiveSessionsAsync(new(3, 4))).Select(key => key.Session));
        Assert.Equal(["python", "s"], (await odd.Log.GetLiveSessionsAsync(new(3, 4), includeExternal: true)).Select(key => key.Session));
    }

    [Fact]
    public async Task A_listener_follows_it_to_its_end_by_polling()
    {
        var hub = new StreamHub(Stage.Log, TimeProvider.System, NullLogger<StreamHub>.Instance);
        await PythonStartsAsync();
        await using var listener = new Heard(hub.ListenAsync(_key));
        Assert.Equal("begin", await listener.NextAsync().Within());

        for (var i = 0; i < 10; i++)
        {
            var next = listener.NextAsync();
            await Raw.CallAsync("XADD", Name(), "*", "type", "event", "origin", "pydantic-ai", "body", $"{i}");
            Assert.Equal($"{i}", await next.Within());
        }

        await PythonStopsAsync();
        Assert.Equal(["end"], await listener.RestAsync());
        Assert.Equal((0, 0, 0), (hub.ActiveFeeds, hub.ActiveListeners, Stage.Log.ChannelCount));
    }

    private async Task PythonStartsAsync(int secondsAgo = 0)
    {
        var id = secondsAgo == 0 ? "*" : (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - (secondsAgo * 1_000L)).ToString(CultureInfo.InvariantCulture);
        await Raw.CallAsync("SET", Name(":live"), "1");
        await Raw.CallAsync("XADD", Name(), id, "type", "begin", "origin", "pydantic-ai-stream", "body", """{"session_id":"s"}""");
    }

    private async Task PythonStopsAsync()
    {
        await Raw.CallAsync("XADD", Name(), "*", "type", "end", "origin", "pydantic-ai-stream");
        await Raw.CallAsync("DEL", Name(":live"));
        await Raw.CallAsync("EXPIRE", Name(), "60");
    }

    private string Name(string rest = "") => Stage.Name(_key, rest);
}
