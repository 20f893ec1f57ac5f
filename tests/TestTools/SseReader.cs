using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using Xunit;

namespace AgentStream.TestTools;

/// <summary>An event as it came over the wire.</summary>
/// <param name="Id">Its id; null if it had none.</param>
/// <param name="Data">Its data.</param>
public sealed record SseFrame(string? Id, string Data);

/// <summary>Reads a response's server-sent events as they come: as text between blank lines, or as .NET's own parser sees them.</summary>
/// <param name="response">The response, of which the headers have been read.</param>
public sealed class SseReader(HttpResponseMessage response) : IDisposable
{
    private readonly StringBuilder _text = new();
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly byte[] _buffer = new byte[4096];
    private readonly char[] _characters = new char[4096];
    private Stream? _stream;

    /// <summary>The response.</summary>
    public HttpResponseMessage Response => response;

    /// <summary>A prompt for a silo at the client's address.</summary>
    /// <param name="body">The body of the request.</param>
    /// <returns>The request.</returns>
    public static Task<HttpRequestMessage> Ask(object body) => Task.FromResult(Ask(new Uri("chat", UriKind.Relative), body));

    /// <summary>A prompt for a silo.</summary>
    /// <param name="silo">The silo's address.</param>
    /// <param name="body">The body of the request.</param>
    /// <returns>The request.</returns>
    public static Task<HttpRequestMessage> AskAt(Uri silo, object body) => Task.FromResult(Ask(new Uri(silo, "chat"), body));

    /// <summary>Sends a request and answers as soon as the response's headers are there.</summary>
    /// <param name="http">The client.</param>
    /// <param name="request">The request.</param>
    /// <returns>The response, which has events.</returns>
    public static async Task<HttpResponseMessage> OpenAsync(HttpClient http, Func<Task<HttpRequestMessage>> request)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(request);
        var response = await http.SendAsync(await request(), HttpCompletionOption.ResponseHeadersRead).Within("the response begins");
        Assert.Equal("text/event-stream", response.EnsureSuccessStatusCode().Content.Headers.ContentType?.MediaType);
        return response;
    }

    /// <summary>The next frame, with its blank line; null at the end of the response.</summary>
    /// <returns>The frame's text.</returns>
    public async Task<string?> NextAsync()
    {
        _stream ??= await response.Content.ReadAsStreamAsync();
        while (true)
        {
            var text = _text.ToString();
            var end = text.IndexOf("\n\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                _text.Remove(0, end + 2);
                return text[..(end + 2)];
            }

            var count = await _stream.ReadAsync(_buffer).AsTask().Within("the next event");
            if (count == 0)
            {
                Assert.Equal("", text);
                return null;
            }

            _text.Append(_characters, 0, _decoder.GetChars(_buffer, 0, count, _characters, 0));
        }
    }

    /// <summary>The next event; null at the end of the response. Frames without data, such as keep-alives, are passed over.</summary>
    /// <returns>The event.</returns>
    public async Task<SseFrame?> ReadAsync()
    {
        while (await NextAsync() is { } frame)
        {
            if (Parse(frame) is [var item])
            {
                return new SseFrame(item.EventId, item.Data);
            }
        }

        return null;
    }

    /// <summary>All events that come until the response completes.</summary>
    /// <returns>The events.</returns>
    public async Task<List<SseItem<string>>> ItemsAsync()
    {
        var text = new StringBuilder();
        while (await NextAsync() is { } frame)
        {
            text.Append(frame);
        }

        return Parse(text.ToString());
    }

    /// <inheritdoc/>
    public void Dispose() => response.Dispose();

    private static HttpRequestMessage Ask(Uri address, object body) => new(HttpMethod.Post, address) { Content = JsonContent.Create(body) };

    private static List<SseItem<string>> Parse(string text)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return [.. SseParser.Create(stream).Enumerate()];
    }
}
