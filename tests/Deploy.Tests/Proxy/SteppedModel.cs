using System.Net;
using System.Text;
using AgentStream.Testing;

namespace AgentStream.Deploy.Tests.Proxy;

/// <summary>A model's endpoint that says a word when the test tells it to. A request that comes later gets all words from the first on.</summary>
internal sealed class SteppedModel : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly List<string> _words = [];
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isOver;

    public SteppedModel()
    {
        Url = new Uri($"http://127.0.0.1:{Ports.Free()}/");
        _listener.Prefixes.Add(Url.ToString());
        _listener.Start();
        _ = ServeAsync();
    }

    public Uri Url { get; }

    /// <summary>All that it has said.</summary>
    public string Text
    {
        get
        {
            lock (_lock)
            {
                return string.Concat(_words);
            }
        }
    }

    /// <summary>Says a word, in all of its responses.</summary>
    public void Say(string word) => Change(() => _words.Add(word));

    /// <summary>Ends its responses.</summary>
    public void End() => Change(() => _isOver = true);

    public void Dispose() => _listener.Close();

    private void Change(Action change)
    {
        lock (_lock)
        {
            change();
            _changed.SetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                _ = AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            await context.Request.InputStream.CopyToAsync(Stream.Null);
            context.Response.SendChunked = true;
            context.Response.ContentType = "text/event-stream";
            for (var said = 0; ; said++)
            {
                string? word;
                while (!TryTake(said, out word, out var changed))
                {
                    await changed;
                }

                if (word is null)
                {
                    await WriteAsync(context.Response, Chunk("{}", "\"stop\"") + "data: [DONE]\n\n");
                    context.Response.Close();
                    return;
                }

                await WriteAsync(context.Response, Chunk($$"""{"content":"{{word}}"}""", "null"));
            }
        }
        catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException)
        {
            // The silo has left.
            context.Response.Abort();
        }
    }

    /// <summary>The word at a place, null for the end; or false and what tells of the next change.</summary>
    private bool TryTake(int place, out string? word, out Task changed)
    {
        lock (_lock)
        {
            word = place < _words.Count ? _words[place] : null;
            changed = _changed.Task;
            return word is not null || _isOver;
        }
    }

    private static async Task WriteAsync(HttpListenerResponse response, string text)
    {
        await response.OutputStream.WriteAsync(Encoding.ASCII.GetBytes(text));
        await response.OutputStream.FlushAsync();
    }

    private static string Chunk(string delta, string finish) => $$"""data: {"id":"1","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{finish}} }]}""" + "\n\n";
}
