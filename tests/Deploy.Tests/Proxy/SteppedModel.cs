using System.Net;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.Deploy.Tests.Proxy;

/// <summary>A model's endpoint that says a word when the test tells it to. A request that comes later gets all words from the first on.</summary>
internal sealed class SteppedModel : LocalServer
{
    private readonly List<string> _words = [];
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isOver;

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

    private void Change(Action change)
    {
        lock (_lock)
        {
            change();
            _changed.SetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    protected override async Task AnswerAsync(HttpListenerContext context, JsonElement request)
    {
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
                return;
            }

            await WriteAsync(context.Response, Chunk($$"""{"content":"{{word}}"}"""));
            await context.Response.OutputStream.FlushAsync();
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
}
