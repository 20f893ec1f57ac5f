using AgentStream.AspNetCore.Sse;
using AgentStream.Storage;
using AgentStream.Storage.Tailing;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests;

public sealed class LeavingTests
{
    private static readonly SessionKey Key = ChatApp.Key("s1");

    [Fact]
    public async Task A_listener_that_goes_away_leaves_nothing_behind_and_the_run_goes_on()
    {
        await using var app = await ChatApp.StartAsync();
        var hub = app.Services.GetRequiredService<StreamHub>();
        var stream = new SseReader(await app.PostChatAsync("""{"prompt":"hello","session_id":"s1"}"""));
        Assert.NotNull(await stream.NextAsync());
        Assert.Equal((1, 1), (hub.ActiveListeners, hub.ActiveFeeds));

        stream.Dispose();
        await Wait.Until(() => (hub.ActiveListeners, hub.ActiveFeeds) == (0, 0));
        Assert.True(await app.Log.IsLiveAsync(Key));
        Assert.Equal(RunStatus.Live, await app.Sessions.AppendAsync(Key, """{"n":1}"""));

        await app.Sessions.FinishAsync(Key);
        using var back = new SseReader(await app.FollowAsync("s1"));
        Assert.Equal(2, (await back.ItemsAsync()).Count);
        await Wait.Until(() => (hub.ActiveListeners, hub.ActiveFeeds) == (0, 0));
    }

    [Fact]
    public async Task A_silent_listener_hears_that_the_connection_lives()
    {
        var time = new ManualTimeProvider();
        await using var app = await ChatApp.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(time));
        using var stream = new SseReader(await app.PostChatAsync("""{"prompt":"hello","session_id":"s1"}"""));
        Assert.NotNull(await stream.NextAsync());

        time.Advance(SseWriter.KeepAlive);
        Assert.Equal(": keep-alive\n\n", await stream.NextAsync());

        await app.Sessions.AppendAsync(Key, """{"n":1}""");
        Assert.Contains("""{"n":1}""", await stream.NextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_stops_does_not_wait_for_listeners_and_does_not_tell_them_that_the_run_has_ended()
    {
        await using var app = await ChatApp.StartAsync();
        using var stream = new SseReader(await app.PostChatAsync("""{"prompt":"hello","session_id":"s1"}"""));
        Assert.NotNull(await stream.NextAsync());

        await app.StopAsync().Within();
        await Assert.ThrowsAnyAsync<IOException>(stream.NextAsync);
    }
}
