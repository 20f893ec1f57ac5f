using System.Net;
using System.Text;
using System.Text.Json;

namespace AgentStream.TestTools;

/// <summary>An HTTP server of a test, on a free port. It knows how a model's endpoint writes its pieces.</summary>
public abstract class LocalServer : IDisposable
{
    private readonly HttpListener _listener = new();

    /// <summary>Starts it.</summary>
    protected LocalServer()
    {
        Url = new Uri($"http://127.0.0.1:{Ports.Free()}/");
        _listener.Prefixes.Add(Url.ToString());
        _listener.Start();
        _ = ServeAsync();
    }

    /// <summary>Its address.</summary>
    public Uri Url { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Close();
        GC.SuppressFinalize(this);
    }

    /// <summary>Answers a call.</summary>
    /// <param name="context">The call, whose answer is sent in chunks and is closed afterwards.</param>
    /// <param name="request">Its body; undefined when it has none.</param>
    /// <returns>A task that completes when it is answered.</returns>
    protected abstract Task AnswerAsync(HttpListenerContext context, JsonElement request);

    /// <summary>Writes a text, in ASCII.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="text">The text.</param>
    /// <returns>A task that completes when it is written.</returns>
    protected static Task WriteAsync(HttpListenerResponse response, string text)
    {
        ArgumentNullException.ThrowIfNull(response);
        return response.OutputStream.WriteAsync(Encoding.ASCII.GetBytes(text)).AsTask();
    }

    /// <summary>A piece of a model's streamed answer.</summary>
    /// <param name="delta">What it adds, as JSON.</param>
    /// <param name="finish">Why the answer ends, as JSON.</param>
    /// <returns>The piece.</returns>
    protected static string Chunk(string delta, string finish = "null") => $$"""data: {"id":"1","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{finish}} }]}""" + "\n\n";

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                _ = ServeAsync(await _listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(HttpListenerContext context)
    {
        try
        {
            using var reader = new StreamReader(context.Request.InputStream);
            var body = await reader.ReadToEndAsync();
            context.Response.SendChunked = true;
            await AnswerAsync(context, body.Length == 0 ? default : JsonElement.Parse(body));
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException)
        {
            // Whoever asked has left.
            context.Response.Abort();
        }
    }
}
