using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using AgentStream.TestTools;

namespace AgentStream.Client.Tests.Http;

/// <summary>A server that answers as a test wrote down, one answer a request.</summary>
internal sealed class ScriptedServer : HttpMessageHandler
{
    private readonly ConcurrentQueue<Func<HttpResponseMessage>> _answers = new();

    /// <summary>What was asked: method, path and query, <c>Last-Event-ID</c>, and the body.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public ManualTimeProvider Time { get; } = new();

    /// <summary>What every further request gets; by default there are no more.</summary>
    public Func<HttpResponseMessage> Otherwise { get; set; } = () => throw new InvalidOperationException("The test has no more answers.");

    public AgentStreamHttpClient NewClient(Action<AgentStreamHttpClientOptions>? configure = null)
    {
        var options = new AgentStreamHttpClientOptions { Address = new Uri("http://server/chat"), CreateHandler = () => this };
        configure?.Invoke(options);
        return new AgentStreamHttpClient(options, Time);
    }

    public ScriptedServer Answers(Func<HttpResponseMessage> answer)
    {
        _answers.Enqueue(answer);
        return this;
    }

    /// <summary>Nobody is there.</summary>
    public ScriptedServer Refuses() => Answers(Refused);

    public static HttpResponseMessage Refused() => throw new HttpRequestException("Connection refused");

    public ScriptedServer Answers(HttpStatusCode status, string json = "", string type = "application/problem+json") => Answers(() => Response(status, json, type));

    /// <summary>Events, and then what becomes of the connection.</summary>
    public ScriptedServer Streams(string text, After after = After.Complete) => Answers(() =>
    {
        var response = new HttpResponseMessage { Content = new StreamContent(new ScriptedBody(Encoding.UTF8.GetBytes(text), after)) };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("text/event-stream");
        response.Headers.Add("X-Run-Id", "run-1");
        return response;
    });

    public static HttpResponseMessage Response(HttpStatusCode status, string json = "", string type = "application/problem+json") =>
        new(status) { Content = new StringContent(json, Encoding.UTF8, type) };

    /// <summary>Frames as the server writes them.</summary>
    public static string Frames(IEnumerable<StreamEntry> events) => string.Concat(events.Select(item => $"id: {item.Cursor}\ndata: {item.ToJson()}\n\n"));

    /// <summary>Moves the clock over every short wait until something is done; the long ones, of a silent connection, are not ended.</summary>
    public async Task<T> Rush<T>(Task<T> done)
    {
        await Wait.Until(() =>
        {
            if (Time.NextTimer is { } wait && wait <= TimeSpan.FromSeconds(5))
            {
                Time.Advance(wait);
            }

            return done.IsCompleted;
        });
        return await done;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var after = request.Headers.TryGetValues("Last-Event-ID", out var ids) ? $" after {ids.Single()}" : "";
        var body = request.Content is null ? "" : $" {await request.Content.ReadAsStringAsync(cancellationToken)}";
        Requests.Enqueue($"{request.Method} {request.RequestUri!.PathAndQuery}{after}{body}");
        return (_answers.TryDequeue(out var answer) ? answer : Otherwise)();
    }
}

/// <summary>What becomes of a connection when all is said.</summary>
internal enum After
{
    Complete,
    Break,
    Silence,
}

/// <summary>A response's body: a few bytes a read, so that frames and characters come in pieces.</summary>
internal sealed class ScriptedBody(byte[] bytes, After after) : MemoryStream(bytes)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = Read(buffer.Span[..Math.Min(buffer.Length, 7)]);
        if (count == 0 && after == After.Break)
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded, "The response ended prematurely.");
        }

        if (count == 0 && after == After.Silence)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        return count;
    }
}
