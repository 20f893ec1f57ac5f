using System.Net.ServerSentEvents;
using System.Text;
using AgentStream.Testing;

namespace AgentStream.AspNetCore.Tests;

/// <summary>Reads a response as it comes, as text between blank lines.</summary>
internal sealed class SseReader(HttpResponseMessage response) : IDisposable
{
    private readonly StringBuilder _text = new();
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly byte[] _buffer = new byte[4096];
    private readonly char[] _characters = new char[4096];
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

            _text.Append(_characters, 0, _decoder.GetChars(_buffer, 0, count, _characters, 0));
        }
    }

    /// <summary>All that comes until the response completes, as .NET's own reader of server-sent events sees it.</summary>
    public async Task<List<SseItem<string>>> ItemsAsync()
    {
        var text = new StringBuilder();
        while (await NextAsync() is { } frame)
        {
            text.Append(frame);
        }

        using var whole = new MemoryStream(Encoding.UTF8.GetBytes(text.ToString()));
        return [.. SseParser.Create(whole).Enumerate()];
    }

    public void Dispose() => response.Dispose();
}
