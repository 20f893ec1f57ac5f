using System.Net;
using AgentStream.Storage.Sessions;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests;

/// <summary><c>GET /chat/events</c>.</summary>
public sealed class WatchSessionsTests
{
    private static readonly DateTimeOffset Time = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public async Task What_happens_to_the_callers_sessions_is_one_frame_each_behind_the_call_to_read_the_list()
    {
        await using var app = await ChatApp.StartAsync();
        using var stream = await OpenAsync(app);
        Assert.StartsWith("""data: {"type":"refresh","time":""", await stream.NextAsync(), StringComparison.Ordinal);

        var events = app.Services.GetRequiredService<ISessionEvents>();
        events.Publish(new SessionEvent(SessionEventKind.Started, new SessionKey(1, 2, "s1"), Time));
        events.Publish(new SessionEvent(SessionEventKind.Created, ChatApp.Key("s1"), Time, "hi"));
        events.Publish(new SessionEvent(SessionEventKind.Waiting, ChatApp.Key("s1"), Time));

        // Without an id: there is no place to come back to.
        Assert.Equal("data: {\"type\":\"created\",\"session_id\":\"s1\",\"title\":\"hi\",\"time\":\"2026-01-02T03:04:05Z\"}\n\n", await stream.NextAsync());
        Assert.Equal("data: {\"type\":\"waiting\",\"session_id\":\"s1\",\"time\":\"2026-01-02T03:04:05Z\"}\n\n", await stream.NextAsync());
    }

    [Fact]
    public async Task It_counts_as_a_listener()
    {
        await using var app = await ChatApp.StartAsync(builder => builder.Configuration["AgentStream:Limits:PerUser:Listeners"] = "1");
        using var stream = await OpenAsync(app);
        await stream.NextAsync();
        using var second = await app.Http.GetAsync(new Uri("/chat/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead).Within();
        Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
    }

    private static async Task<SseReader> OpenAsync(ChatApp app) =>
        new(await SseReader.OpenAsync(app.Http, () => Task.FromResult(new HttpRequestMessage(HttpMethod.Get, "/chat/events"))));
}
