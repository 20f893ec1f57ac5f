using System.Text;
using System.Threading.Channels;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Redis;
using AgentStream.Storage.Sessions;
using AgentStream.Storage.Tests.Redis;
using AgentStream.TestTools;

namespace AgentStream.Storage.Tests.Sessions;

/// <summary>What happens to a user's sessions is heard by those who watch, in this process and, with Redis, in others.</summary>
public sealed class SessionEventsTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private static readonly DateTimeOffset Time = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly UserKey User = new("acme", "ann");
    private static readonly UserKey Other = new("acme", "bob");

    private readonly Channel<SessionEvent?> _heard = Channel.CreateUnbounded<SessionEvent?>();

    [Fact]
    public Task In_memory_each_watcher_of_the_user_hears_each_event() => EachWatcherHearsAsync(new InMemorySessionEvents(), null);

    [Fact]
    public async Task Over_Redis_a_watcher_in_another_process_hears_each_event()
    {
        await using var one = await RedisStage.OpenAsync(redis.Server);
        await using var two = await RedisStage.OpenAsync(redis.Server, one.Options);
        using var here = EventsOf(one);
        using var there = EventsOf(two);
        await EachWatcherHearsAsync(here, there);
    }

    [Fact]
    public async Task Over_Redis_events_are_heard_in_the_order_in_which_a_process_told_them()
    {
        await using var one = await RedisStage.OpenAsync(redis.Server);
        await using var two = await RedisStage.OpenAsync(redis.Server, one.Options);
        using var here = EventsOf(one);
        using var there = EventsOf(two);
        await using var watch = await there.WatchAsync(User, change => _heard.Writer.TryWrite(change));
        var told = Enumerable.Range(0, 5_000).Select(i => Event(SessionEventKind.Started) with { Time = Time.AddSeconds(i) }).ToList();
        told.ForEach(here.Publish);
        foreach (var change in told)
        {
            Assert.Equal(change, await NextAsync());
        }
    }

    [Fact]
    public async Task Over_Redis_a_watcher_is_told_of_an_outage_and_hears_what_comes_after_it()
    {
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(server.Port);
        var options = RedisStage.NewOptions();
        await using var connection = await RedisConnection.ConnectAsync(
            proxy.Configuration, Microsoft.Extensions.Options.Options.Create(options), TimeProvider.System);
        using var events = new RedisSessionEvents(connection, Microsoft.Extensions.Options.Options.Create(options));
        await using var watch = await events.WatchAsync(User, change => _heard.Writer.TryWrite(change));

        proxy.Cut();

        Assert.Null(await NextAsync());
        SessionEvent? heard = null;
        await Wait.Until(
            () =>
            {
                // Each of the client's connections comes back by itself: an event may be lost yet, and the outage told of more than once.
                events.Publish(Event(SessionEventKind.Ended));
                while (heard is null && _heard.Reader.TryRead(out heard))
                {
                }

                return heard is not null;
            },
            "an event after the outage");
        Assert.Equal(Event(SessionEventKind.Ended), heard);
    }

    [Theory]
    [InlineData("""{"type":"archived","session_id":"s","time":"2026-01-02T03:04:05Z"}""")]
    [InlineData("""{"type":"started","time":"2026-01-02T03:04:05Z"}""")]
    [InlineData("""{"type":"refresh","session_id":"s","time":"2026-01-02T03:04:05Z"}""")]
    [InlineData("""{"type":"started","session_id":"../s","time":"2026-01-02T03:04:05Z"}""")]
    [InlineData("""{"type":"started","session_id":7,"time":"2026-01-02T03:04:05Z"}""")]
    [InlineData("""{"type":"started","session_id":"s","time":"now"}""")]
    [InlineData("""["started"]""")]
    [InlineData("grown")]
    public void What_is_no_event_of_this_version_is_left_out(string message) =>
        Assert.Null(SessionEvent.FromJson(User, Encoding.UTF8.GetBytes(message)));

    [Theory]
    [InlineData(SessionEventKind.Created)]
    [InlineData(SessionEventKind.Renamed)]
    public void An_event_is_one_line_of_JSON_and_is_read_as_it_was_written(SessionEventKind kind)
    {
        var change = Event(kind, "a \"title\"\r\nof two lines");
        var json = change.ToJson();

        Assert.DoesNotContain((byte)'\n', json);
        Assert.DoesNotContain((byte)'\r', json);
        Assert.Equal(change, SessionEvent.FromJson(User, json));
    }

    private static RedisSessionEvents EventsOf(RedisStage stage) => new(stage.Connection, Microsoft.Extensions.Options.Options.Create(stage.Options));

    private static SessionEvent Event(SessionEventKind kind, string? title = null) => new(kind, User.Session("s1"), Time, title);

    private async Task EachWatcherHearsAsync(ISessionEvents here, ISessionEvents? there)
    {
        var second = Channel.CreateUnbounded<SessionEvent?>();
        var others = Channel.CreateUnbounded<SessionEvent?>();
        await using var one = await (there ?? here).WatchAsync(User, change => _heard.Writer.TryWrite(change));
        await using var two = await here.WatchAsync(User, change => second.Writer.TryWrite(change));
        await using var other = await (there ?? here).WatchAsync(Other, change => others.Writer.TryWrite(change));

        SessionEvent[] told = [Event(SessionEventKind.Created, "hi"), Event(SessionEventKind.Started, "hi"), Event(SessionEventKind.Waiting), Event(SessionEventKind.Deleted)];
        Array.ForEach(told, here.Publish);
        foreach (var change in told)
        {
            Assert.Equal(change, await NextAsync());
            Assert.Equal(change, await second.Reader.ReadAsync().AsTask().Within());
        }

        // What the other user hears first is the other user's.
        var others1 = new SessionEvent(SessionEventKind.Started, Other.Session("s1"), Time);
        here.Publish(others1);
        Assert.Equal(others1, await others.Reader.ReadAsync().AsTask().Within());

        await two.DisposeAsync();
        here.Publish(told[0]);
        Assert.Equal(told[0], await NextAsync());
        Assert.False(second.Reader.TryRead(out _));
    }

    private Task<SessionEvent?> NextAsync() => _heard.Reader.ReadAsync().AsTask().Within();
}
