using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.Grains.Tests.Webhooks;

/// <summary>A receiver of webhooks on loopback, which checks signatures by the text of the specification.</summary>
internal sealed class Receiver : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<Received> _received = [];

    public Receiver(string? secret = null)
    {
        Secret = secret ?? NewSecret();
        var port = Ports.Free();
        _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        _listener.Start();
        Authority = $"127.0.0.1:{port}";
        _ = ServeAsync();
    }

    public string Authority { get; }

    public string Url => $"http://{Authority}/hooks/{Path}";

    /// <summary>Something that is in no line of a log.</summary>
    public string Path { get; } = Guid.NewGuid().ToString("N");

    public string Secret { get; }

    /// <summary>What came, each attempt.</summary>
    public IReadOnlyList<Received> All => [.. _received];

    /// <summary>How it answers an attempt: the number of those before it, and the response.</summary>
    public Func<int, HttpListenerResponse, Task> Answer { get; set; } = (_, _) => Task.CompletedTask;

    public static string NewSecret() => $"whsec_{Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}";

    public Task<IReadOnlyList<Received>> ReceivedAsync(int count) => ReceivedAsync(count, null);

    public async Task<IReadOnlyList<Received>> ReceivedAsync(int count, string? what)
    {
        await Wait.Until(() => _received.Count >= count, what ?? $"webhook {count} to arrive");
        return All;
    }

    public void Dispose() => _listener.Close();

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
            using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
            var body = await reader.ReadToEndAsync();
            var (id, timestamp) = (context.Request.Headers["webhook-id"]!, context.Request.Headers["webhook-timestamp"]!);
            var before = _received.Count;
            _received.Enqueue(new(id, timestamp, context.Request.Headers["webhook-signature"]!, body, $"{context.Request.HttpMethod} {context.Request.ContentType} {context.Request.RawUrl}"));
            await Answer(before, context.Response);
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
        {
        }
    }
}

/// <summary>An attempt.</summary>
internal sealed record Received(string Id, string Timestamp, string Signature, string Body, string Head)
{
    public JsonElement Json { get; } = JsonElement.Parse(Body);

    public string Type => Json.GetProperty("type").GetString()!;

    public JsonElement Data => Json.GetProperty("data");

    public string RunId => Data.GetProperty("run_id").GetString()!;

    /// <summary>Whether a secret has signed it.</summary>
    public bool IsSignedBy(string secret) => Signature.Split(' ').Contains(
        $"v1,{Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), Encoding.UTF8.GetBytes($"{Id}.{Timestamp}.{Body}")))}");
}
