using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace AgentStream.McpServer;

/// <summary>Any number of clients, over streamable HTTP without sessions. Who does not know the key is turned away.</summary>
internal static class HttpServer
{
    public static async Task RunAsync(string port, ServerTools tools)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);

        await using var app = builder.Build();
        app.MapPost("/mcp", context => AnswerAsync(context, tools));
        await app.RunAsync();
    }

    private static async Task AnswerAsync(HttpContext context, ServerTools tools)
    {
        if (context.Request.Headers["X-Key"] != "open sesame")
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var message = await context.Request.ReadFromJsonAsync<JsonRpcMessage>(McpJsonUtilities.DefaultOptions, context.RequestAborted);
        await using var transport = new StreamableHttpServerTransport { Stateless = true };
        await using var server = ModelContextProtocol.Server.McpServer.Create(transport, tools.Options);
        var running = server.RunAsync(context.RequestAborted);

        context.Response.ContentType = "text/event-stream";
        if (!await transport.HandlePostRequestAsync(message!, context.Response.Body, context.RequestAborted))
        {
            context.Response.ContentType = null;
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        }

        await transport.DisposeAsync();
        await running;
    }
}
