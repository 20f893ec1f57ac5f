using System.Net;
using System.Text;
using System.Text.Json;
using AgentStream.Testing;

namespace AgentStream.System.Tests;

/// <summary>An HTTP server of a test, on a free port. It knows how a model's endpoint writes its pieces.</summary>
internal abstract class LocalServer : IDisposable
{
    private readonly HttpListener _listener = new();

    protected LocalServer()
    {
        Url = new Uri($"http://127.0.0.1:{Ports.Free()}/");
        _listener.Prefixes.Add(Url.ToString());
        _listener.Start();
        _ = ServeAsync();
    }

    public Uri Url { get; }

    public void Dispose() => _listener.Close();

    /// <param name="context">The call, whose answer is sent in chunks and is closed afterwards.</param>
    /// <param name="request">Its body; undefined when it has none.</param>
    protected abstract Task AnswerAsync(HttpListenerContext context, JsonElement request);

    protected static Task WriteAsync(HttpListenerResponse response, string text) => response.OutputStream.WriteAsync(Encoding.ASCII.GetBytes(text)).AsTask();

    /// <summary>A piece of a model's streamed answer.</summary>
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
