using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using AgentStream.Testing;

namespace AgentStream.System.Tests;

/// <summary>An event as it came over the wire.</summary>
internal sealed record SseFrame(string Id, string Data);

/// <summary>Reads a response's events with .NET's own parser of server-sent events.</summary>
internal sealed class SseReader : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _items;

    public SseReader(HttpResponseMessage response)
    {
        _response = response;
        _items = SseParser.Create(response.Content.ReadAsStream()).EnumerateAsync().GetAsyncEnumerator();
    }

    public static Task<HttpRequestMessage> Ask(object body) =>
        Task.FromResult(new HttpRequestMessage(HttpMethod.Post, "chat") { Content = JsonContent.Create(body) });

    public static Task<HttpRequestMessage> Ask(Uri silo, object body) =>
        Task.FromResult(new HttpRequestMessage(HttpMethod.Post, new Uri(silo, "chat")) { Content = JsonContent.Create(body) });

    /// <summary>Sends a request and answers as soon as the response's headers are there.</summary>
    public static async Task<HttpResponseMessage> OpenAsync(HttpClient http, Func<Task<HttpRequestMessage>> request)
    {
        var response = await http.SendAsync(await request(), HttpCompletionOption.ResponseHeadersRead).Within("the response begins");
        Assert.Equal("text/event-stream", response.EnsureSuccessStatusCode().Content.Headers.ContentType?.MediaType);
        return response;
    }

    /// <summary>The next event; null when the response is complete.</summary>
    public async Task<SseFrame?> ReadAsync() =>
        await _items.MoveNextAsync().AsTask().Within("the next event")
            ? new SseFrame(_items.Current.EventId!, _items.Current.Data)
            : null;

    public void Dispose() => _response.Dispose();
}
