using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AgentStream.Models.Tests;

/// <summary>
/// A server with the shape of OpenAI's, on a free port of this machine. It answers each request with the next of the replies that it was
/// given.
/// </summary>
internal sealed class ModelServer : IAsyncDisposable
{
    /// <summary>The key that tests use. It must turn up in the requests and nowhere else.</summary>
    public const string ApiKey = "sk-secret-0123456789abcdef";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<RequestDelegate> _replies;
    private readonly ConcurrentQueue<ModelRequest> _requests = new();

    private ModelServer(WebApplication app, IEnumerable<RequestDelegate> replies) => (_app, _replies) = (app, new(replies));

    /// <summary>The base URL.</summary>
    public Uri Endpoint => new(_app.Urls.First() + "/v1");

    /// <summary>What was asked so far.</summary>
    public IReadOnlyList<ModelRequest> Requests => [.. _requests];

    public static async Task<ModelServer> StartAsync(params RequestDelegate[] replies)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new ModelServer(builder.Build(), replies);
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        return server;
    }

    public OpenAIChatClient Client(string? apiKey = ApiKey, TimeProvider? time = null) => new("tiny", apiKey, Endpoint, time);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        _requests.Enqueue(new ModelRequest(
            context.Request.Method,
            context.Request.Path + context.Request.QueryString,
            context.Request.Headers.Authorization.ToString(),
            body.RootElement.Clone()));
        context.Items[nameof(ModelRequest.Body)] = body.RootElement;
        await (_replies.TryDequeue(out var reply) ? reply : Reply.Status(418, """{"error":"nobody expected this request"}"""))(context);
    }
}

/// <summary>A request that a <see cref="ModelServer"/> got.</summary>
internal sealed record ModelRequest(string Method, string Path, string Authorization, JsonElement Body)
{
    /// <summary>A field of the body as it was sent; null when it was not.</summary>
    public string? this[string field] => Body.TryGetProperty(field, out var value) ? value.GetRawText() : null;
}
