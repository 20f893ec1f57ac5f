using AgentStream.Storage.InMemory;
using AgentStream.TestTools;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.InMemory;

public sealed class InMemoryStreamStoreTests : StreamStoreContract, IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly InMemoryStreamStore _log;

    public InMemoryStreamStoreTests() => _log = new(Options.Create(new StorageOptions()), _time);

    protected override IStreamStore Log => _log;

    [Fact]
    public async Task Ended_sessions_take_no_memory_after_a_while()
    {
        for (var i = 0; i < 100; i++)
        {
            var run = new RunToken(new(1, 1, $"s{i}"), "silo", $"{i}");
            await _log.StartAsync(run);
            await _log.FinishAsync(run, 1, [], TimeSpan.FromSeconds(i));
        }

        Assert.Equal(100, _log.SessionCount);
        _time.Advance(TimeSpan.FromSeconds(101));
        Assert.Equal(0, _log.SessionCount);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task What_a_cancel_was_answered_is_forgotten_after_a_minute()
    {
        var key = new SessionKey(1, 1, "s");
        Assert.False(await _log.CancelAsync(key, new("1", "one")));
        await _log.StartAsync(new RunToken(key, "silo", "1"));
        _time.Advance(StreamRules.CancelMemory - TimeSpan.FromTicks(1));
        Assert.False(await _log.CancelAsync(key, new("1", "one")));

        _time.Advance(TimeSpan.FromTicks(1));

        Assert.True(await _log.CancelAsync(key, new("1", "one")));
    }

    [Fact]
    public async Task Looking_at_sessions_that_are_not_there_takes_no_memory()
    {
        var key = new SessionKey(1, 1, "nobody");
        var run = new RunToken(key, "silo", "run");

        await _log.ReadAsync(key, Cursor.Start, 1);
        await _log.IsLiveAsync(key);
        await _log.CancelAsync(key);
        await _log.AppendAsync(run, 1, []);
        await _log.FinishAsync(run, 1, [], TimeSpan.Zero);
        await (await _log.WatchAsync(key, _ => { })).DisposeAsync();
        await (await _log.WatchRunsAsync("silo", _ => { })).DisposeAsync();

        Assert.Equal(0, _log.SessionCount);
        Assert.Equal(0, _log.WatchCount);
    }

    [Fact]
    public async Task Cursors_do_not_go_back_when_a_session_was_forgotten_and_the_clock_with_it()
    {
        var clock = new SteppingClock();
        using var log = new InMemoryStreamStore(Options.Create(new StorageOptions()), clock);
        var first = new RunToken(new(1, 1, "s"), "silo", "1");
        await log.StartAsync(first);
        var end = (await log.FinishAsync(first, 1, [], TimeSpan.Zero)).Last;
        clock.Elapsed = TimeSpan.FromMinutes(1);
        Assert.Empty((await log.ReadAsync(first.Key, Cursor.Start, 1)).Events);
        Assert.Equal(0, log.SessionCount);

        Assert.True(await log.StartAsync(first with { RunId = "2" }) > end);
    }

    public void Dispose() => _log.Dispose();

    protected override Task ExpireLeaseAsync(string siloId)
    {
        _time.Advance(new StorageOptions().Lease);
        return Task.CompletedTask;
    }

    protected override Task ExpirePastAsync(SessionKey key)
    {
        _time.Advance(StreamRules.PastStay);
        return Task.CompletedTask;
    }

    protected override Task ExpireStreamAsync(SessionKey key)
    {
        _time.Advance(TimeSpan.FromMinutes(1));
        return Task.CompletedTask;
    }

    /// <summary>Its time of day stands still while time passes.</summary>
    private sealed class SteppingClock : TimeProvider
    {
        public TimeSpan Elapsed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Elapsed.Ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(50);
    }
}
