using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace AgentStream.Mcp.Tests;

/// <summary>
/// A server over HTTP whose answers a test writes itself, for what no good server says. It knows <c>initialize</c>, and answers all else that it is
/// not told about as the servers of that time do.
/// </summary>
internal sealed class RawServer : IAsyncDisposable
{
    public const string Tool = """{"name":"t","inputSchema":{"type":"object","properties":{}}}""";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<RawRequest> _requests = new();

    private RawServer(WebApplication app) => _app = app;

    /// <summary>What it got so far.</summary>
    public IReadOnlyList<RawRequest> Requests => [.. _requests];

    public IReadOnlyList<RawRequest> Of(string method) => [.. _requests.Where(request => request.Method == method)];

    public Uri Url => new(_app.Urls.First() + "/mcp");

    /// <summary>The id of its sessions; null for none.</summary>
    public string? Session { get; set; }

    /// <summary>The result of a request by its method.</summary>
    public Dictionary<string, Func<RawRequest, string>> Results { get; } = new(StringComparer.Ordinal)
    {
        ["initialize"] = _ => """{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"raw","version":"1"}}""",
        ["tools/list"] = _ => $$"""{"tools":[{{Tool}}]}""",
    };

    /// <summary>The whole answer of a request by its method, or by the HTTP method of what has no body.</summary>
    public Dictionary<string, Func<RawRequest, HttpContext, Task>> Answers { get; } = new(StringComparer.Ordinal)
    {
        ["GET"] = (_, context) => StatusAsync(context, 405),
        ["DELETE"] = (_, context) => StatusAsync(context, 200),
    };

    /// <summary>Redirects a request; null when it does not.</summary>
    public Func<HttpContext, Task?>? Redirect { get; set; }

    public static async Task<RawServer> StartAsync(string? result = null, string? tools = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new RawServer(builder.Build());
        if (result is not null)
        {
            server.Results["tools/call"] = _ => result;
        }

        if (tools is not null)
        {
            server.Results["tools/list"] = _ => $$"""{"tools":{{tools}}}""";
        }

        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        return server;
    }

    public static Task StatusAsync(HttpContext context, int status, string body = "", string type = "text/plain")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        return context.Response.WriteAsync(body);
    }

    public static Task ErrorAsync(RawRequest request, HttpContext context, int code, string message) => StatusAsync(
        context, 200, $$"""{"jsonrpc":"2.0","id":{{request.Id}},"error":{"message":{{JsonSerializer.Serialize(message)}},"code":{{code}} } }""", "application/json");

    public static Task ResultAsync(RawRequest request, HttpContext context, string result, string type = "application/json") =>
        StatusAsync(context, 200, $$"""{"jsonrpc":"2.0","id":{{request.Id}},"result":{{result}}}""", type);

    public McpToolProvider NewSource(ILoggerFactory? logs = null, Action<McpConnectionOptions>? configure = null, McpHttp? http = null)
    {
        var options = new McpConnectionOptions { Url = Url };
        TestServer.Patient(options);
        configure?.Invoke(options);
        return McpSilos.NewSource(options, logs, http);
    }

    /// <summary>Connects, lists the tools and calls one.</summary>
    public async Task<object?> CallAsync(string tool = "t")
    {
        await using var source = NewSource();
        var tools = await source.GetToolsAsync(CancellationToken.None);
        return await tools.Cast<AIFunction>().Single(t => t.Name == tool).InvokeAsync(new AIFunctionArguments());
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var body = context.Request.Method == "POST" ? await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body) : default;
        var request = new RawRequest(context.Request, body);
        _requests.Enqueue(request);
        await (Redirect?.Invoke(context) is { } redirect ? redirect
            : Answers.TryGetValue(request.Method, out var answer) ? answer(request, context)
            : Results.TryGetValue(request.Method, out var result) ? ResultAsync(request, With(context, request), result(request))
            : request.Id is null ? StatusAsync(context, 202)
            : ErrorAsync(request, context, -32601, "Method not found"));
    }

    private HttpContext With(HttpContext context, RawRequest request)
    {
        if (request.Method == "initialize" && Session is { } session)
        {
            context.Response.Headers["Mcp-Session-Id"] = session;
        }

        return context;
    }
}

/// <summary>A request that a <see cref="RawServer"/> got.</summary>
internal sealed record RawRequest(string Method, string? Id, string Path, IReadOnlyDictionary<string, string> Headers, JsonElement Parameters)
{
    public RawRequest(HttpRequest request, JsonElement body)
        : this(
            body.ValueKind is JsonValueKind.Object ? body.GetProperty("method").GetString()! : request.Method,
            body.ValueKind is JsonValueKind.Object && body.TryGetProperty("id", out var id) ? id.GetRawText() : null,
            request.Path,
            request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.ValueKind is JsonValueKind.Object && body.TryGetProperty("params", out var parameters) ? parameters : default)
    {
    }
}
