using System.Net.ServerSentEvents;
using System.Text;
using AgentStream.Testing;

namespace AgentStream.AspNetCore.Tests;

/// <summary>Reads a response as it comes, as text between blank lines.</summary>
internal sealed class SseReader(HttpResponseMessage response) : IDisposable
{
    private readonly StringBuilder _text = new();
    private readonly byte[] _buffer = new byte[4096];
    private Stream? _stream;

    public HttpResponseMessage Response => response;

    /// <summary>The next frame, with its blank line; null at the end of the response.</summary>
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

            using var limit = new CancellationTokenSource(Wait.Limit);
            var count = await _stream.ReadAsync(_buffer, limit.Token);
            if (count == 0)
            {
                Assert.Equal("", text);
                return null;
            }

            _text.Append(Encoding.UTF8.GetString(_buffer, 0, count));
        }
    }

    /// <summary>All that comes until the response completes, as .NET's own reader of server-sent events sees it.</summary>
    public async Task<List<SseItem<string>>> ItemsAsync()
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        _stream ??= await response.Content.ReadAsStreamAsync(limit.Token);
        var items = new List<SseItem<string>>();
        await foreach (var item in SseParser.Create(_stream).EnumerateAsync(limit.Token))
        {
            items.Add(item);
        }

        return items;
    }

    public void Dispose() => response.Dispose();
}
