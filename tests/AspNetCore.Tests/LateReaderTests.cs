using System.Net;
using System.Net.Http.Json;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Tests;

/// <summary>A client that slept until the stream was gone, over HTTP.</summary>
public sealed class LateReaderTests
{
    private static readonly SessionKey Key = ChatApp.Key("s1");
    private static readonly TimeSpan GracePeriod = TimeSpan.FromHours(1);

    // The clock of the streams alone.
    private readonly ManualTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task An_event_source_that_comes_back_late_gets_the_rest_and_then_204()
    {
        await using var app = await StartAsync();
        var live = await RunAsync(app);
        using var http = WholeProgram.NewClient(app);
        using var rest = new SseReader(await FollowAsync(http, live[1]));
        var items = await rest.ItemsAsync();
        Assert.Equal("""{"type":"info","origin":"agentstream","body":{"msg":"replayed"}}""", items[0].Data);
        Assert.Contains("Hello world", string.Concat(items.Select(item => item.Data)), StringComparison.Ordinal);
        using var nothing = await FollowAsync(http, items[^1].EventId!);
        Assert.Equal(HttpStatusCode.NoContent, nothing.StatusCode);
    }

    [Fact]
    public async Task Both_clients_show_what_was_missed_and_then_what_is_live()
    {
        await using var app = await StartAsync();
        var live = await RunAsync(app);
        await RunAsync(app);
        using var outside = new AgentStreamHttpClient(new Uri(new Uri(app.Urls.First()), "chat"));
        var listeners = new[] { outside, app.Services.GetRequiredService<IAgentStreamClient>() }.Select(client => HearAsync(client, Cursor.Parse(live[1]))).ToArray();
        await Wait.Until(() => listeners.All(listener => listener.Seen.Count(entry => entry.IsEnd) == 2), "both have what they missed");
        await outside.StartAsync(Key, new RunRequest("again"));
        await Wait.Until(() => listeners.All(listener => listener.Seen.Count(entry => entry.IsEnd) == 3), "both have the new run");
        foreach (var (seen, stop, listening) in listeners)
        {
            Assert.Equal(2, seen.Count(entry => entry.IsBegin));
            Assert.Equal(listeners[0].Seen.Select(entry => (entry.Cursor, entry.ToJson())), seen.Select(entry => (entry.Cursor, entry.ToJson())));
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening).Within();
            stop.Dispose();
        }
    }

    [Theory]
    [InlineData("/api/chat/s1/stream", """{"type":"start","messageId":"s1:{begin}"}""", "text-delta")]
    [InlineData("/ag-ui/s1", """{"type":"RUN_STARTED","threadId":"s1","runId":"{begin}",""", "TEXT_MESSAGE_CONTENT")]
    public async Task A_front_end_with_its_place_is_shown_the_whole_run_again(string route, string first, string text)
    {
        await using var app = await StartAsync();
        var live = await RunAsync(app);
        using var http = WholeProgram.NewClient(app);
        using var whole = new SseReader(await FollowAsync(http, $"{live[1]}.1", route));
        var items = await whole.ItemsAsync();
        Assert.StartsWith(first.Replace("{begin}", live[0], StringComparison.Ordinal), items[0].Data, StringComparison.Ordinal);
        var said = Assert.Single(items, item => item.Data.Contains($"\"{text}\"", StringComparison.Ordinal));
        Assert.Contains("Hello world", said.Data, StringComparison.Ordinal);
        using var again = new SseReader(await FollowAsync(http, said.EventId!, route));
        Assert.Equal(items.Select(item => item.Data), (await again.ItemsAsync()).Select(item => item.Data));
        using var nothing = await FollowAsync(http, items.Last(item => item.EventId is not null).EventId!, route);
        Assert.Equal(HttpStatusCode.NoContent, nothing.StatusCode);
    }

    private static (List<StreamEntry> Seen, CancellationTokenSource Stop, Task Listening) HearAsync(IAgentStreamClient client, Cursor after)
    {
        var (seen, stop) = (new List<StreamEntry>(), new CancellationTokenSource());
        return (seen, stop, Task.Run(async () =>
        {
            await foreach (var entry in client.ListenToSessionAsync(Key, after, stop.Token))
            {
                seen.Add(entry);
            }
        }));
    }

    private Task<WebApplication> StartAsync()
    {
        var model = new TwoWords();
        model.Continue.SetResult();
        return WholeProgram.StartAsync(model, _ => { }, Configure, Map, ("AgentStream:GracePeriod", $"{GracePeriod}"));

        void Configure(WebApplicationBuilder builder) =>
            builder.Services.AddSingleton<IStreamStore>(services => new InMemoryStreamStore(services.GetRequiredService<IOptions<StorageOptions>>(), _time));

        static void Map(WebApplication app)
        {
            app.MapAgentStreamAiSdk("/api/chat");
            app.MapAgentStreamAgUi("/ag-ui");
        }
    }

    /// <summary>Runs a prompt until its stream is gone, and gives the ids of its frames.</summary>
    private async Task<List<string>> RunAsync(WebApplication app)
    {
        using var http = WholeProgram.NewClient(app);
        using var stream = new SseReader(await http.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "/chat") { Content = JsonContent.Create(new { prompt = "greet", session_id = "s1" }) }, HttpCompletionOption.ResponseHeadersRead));
        List<string> ids = [.. (await stream.ItemsAsync()).Select(item => item.EventId!)];
        _time.Advance(GracePeriod);
        var store = app.Services.GetRequiredService<IStreamStore>();
        await Wait.Until(async () => await store.ReadAsync(Key, Cursor.Start, 1) is { Events.Count: 0, IsOpen: false }, "the stream has expired");
        return ids;
    }

    private static Task<HttpResponseMessage> FollowAsync(HttpClient http, string lastEventId, string route = "/chat/s1/stream")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, route);
        request.Headers.Add("Last-Event-ID", lastEventId);
        return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
