using System.Net;
using System.Text;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>A model's endpoint (<c>/v1</c>) and an MCP server (<c>/mcp</c>) that send 300 MB where a few words would do. A prompt says where.</summary>
internal sealed class FloodServer : LocalServer
{
    public const long Size = 300_000_000;

    // As many bytes as a chunk of the flood has in it.
    private static readonly string Filling = new('x', 4096);

    private long _sent;

    /// <summary>How much the last flood had when whoever it was for was gone.</summary>
    public long Sent => Volatile.Read(ref _sent);

    protected override Task AnswerAsync(HttpListenerContext context, JsonElement request) =>
        context.Request.Url!.AbsolutePath == "/mcp" ? AnswerCallAsync(context.Response, request) : AnswerPromptAsync(context.Response, request);

    private async Task AnswerPromptAsync(HttpListenerResponse response, JsonElement request)
    {
        response.ContentType = "text/event-stream";
        var messages = request.GetProperty("messages").EnumerateArray().ToList();
        var prompt = messages.Last(message => message.GetProperty("role").GetString() == "user").GetProperty("content").ToString();
        if (messages[^1].GetProperty("role").GetString() == "tool")
        {
            await WriteAsync(response, Chunk("""{"content":"fine"}""") + Chunk("{}", "\"stop\""));
            return;
        }

        await (prompt switch
        {
            "answer" => FloodAsync(response, "", Chunk("""{"content":"%"}""".Replace("%", Filling, StringComparison.Ordinal))),
            "argument" => FloodAsync(
                response,
                Chunk("""{"tool_calls":[{"index":0,"id":"c1","function":{"name":"t","arguments":"{\"a\":\""}}]}"""),
                Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"%"}}]}""".Replace("%", Filling, StringComparison.Ordinal))),
            "line" => FloodAsync(response, "data: ", Filling),
            _ => WriteAsync(response, Chunk("""{"tool_calls":[{"index":0,"id":"c1","function":{"name":"t","arguments":"{}"}}]}""") + Chunk("{}", "\"tool_calls\"")),
        });
    }

    private async Task AnswerCallAsync(HttpListenerResponse response, JsonElement request)
    {
        if (request.ValueKind != JsonValueKind.Object || !request.TryGetProperty("id", out var id))
        {
            response.StatusCode = request.ValueKind == JsonValueKind.Object ? 202 : 405;
            return;
        }

        response.ContentType = "application/json";
        await (request.GetProperty("method").GetString() switch
        {
            "initialize" => WriteAsync(response, $$"""{"jsonrpc":"2.0","id":{{id}},"result":{{Hello}} }"""),
            "tools/list" => WriteAsync(response, $$"""{"jsonrpc":"2.0","id":{{id}},"result":{{Tools}} }"""),
            _ => FloodAsync(response, $$"""{"jsonrpc":"2.0","id":{{id}},"result":{"content":[{"type":"text","text":" """, Filling),
        });
    }

    private const string Hello = """{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"flood","version":"1"}}""";
    private const string Tools = """{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}""";

    /// <summary>The same MCP server as a program: a line of shell. The ids are those that the client counts.</summary>
    public static string Program => $$"""
        read -r initialize; echo '{"jsonrpc":"2.0","id":2,"result":{{Hello}} }'
        read -r initialized; read -r list; echo '{"jsonrpc":"2.0","id":1000000000,"result":{{Tools}} }'
        read -r call; head -c {{Size}} /dev/zero | tr '\0' x
        """;

    private async Task FloodAsync(HttpListenerResponse response, string begin, string piece)
    {
        Volatile.Write(ref _sent, 0);
        if (begin.Length > 0)
        {
            // A chunk of no bytes would be the last one.
            await WriteAsync(response, begin);
        }

        for (var bytes = Encoding.ASCII.GetBytes(piece); Sent < Size;)
        {
            await response.OutputStream.WriteAsync(bytes);
            Interlocked.Add(ref _sent, bytes.Length);
        }
    }
}
