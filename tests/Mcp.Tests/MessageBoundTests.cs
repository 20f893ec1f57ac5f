using System.Text;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace AgentStream.Mcp.Tests;

/// <summary>A message of a server may be so long and no longer: the rest of it is not read.</summary>
public sealed class MessageBoundTests
{
    private const string Rule = "it sent a message of more than 8388608 bytes (MaxMessageBytes)";
    private const string Endless = "head -c 300000000 /dev/zero";

    [Fact]
    public async Task A_program_whose_line_does_not_end_is_ended_and_started_again()
    {
        await using var source = ShellServer.NewSource(Endless);
        var tool = Assert.Single(await source.GetToolsAsync(CancellationToken.None));
        var refused = await Assert.ThrowsAsync<McpServerException>(() => CallAsync(tool));
        Assert.Equal($"MCP server 'tools' did not answer the call: {Rule}", refused.Message);
        Assert.Equal(refused.Message, refused.PublicMessage);
        Assert.False(source.IsConnected);
        Assert.NotSame(tool, Assert.Single(await source.GetToolsAsync(CancellationToken.None)));
        Assert.True(source.IsConnected);
    }

    [Theory]
    [InlineData(Endless, "")]
    [InlineData("", Endless)]
    public async Task A_program_that_says_too_much_before_it_is_called_cannot_be_used(string hello, string list)
    {
        await using var source = ShellServer.NewSource("", hello: hello, list: list);
        var refused = await Assert.ThrowsAsync<McpServerException>(() => source.GetToolsAsync(CancellationToken.None).AsTask());
        Assert.Equal($"MCP server 'tools' cannot be used: {Rule}", refused.Message);
    }

    [Theory]
    [InlineData("application/json", 200, Rule)]
    [InlineData("text/event-stream", 200, Rule)]
    [InlineData("application/json", 400, "HTTP status 400 (BadRequest)")]
    [InlineData("text/plain", 500, "HTTP status 500 (InternalServerError)")]
    public async Task A_body_that_does_not_end_is_not_read_to_its_end(string type, int status, string expected)
    {
        await using var server = await RawServer.StartAsync();
        server.Answers["tools/call"] = async (_, context) =>
        {
            (context.Response.ContentType, context.Response.StatusCode) = (type, status);
            await context.Response.WriteAsync("data: ");
            for (var (filling, sent) = (new byte[64 * 1024], 0); sent < 300_000_000 && !context.RequestAborted.IsCancellationRequested; sent += filling.Length)
            {
                Array.Fill(filling, (byte)'x');
                await context.Response.Body.WriteAsync(filling);
            }
        };
        await using var source = server.NewSource();
        var tool = Assert.Single(await source.GetToolsAsync(CancellationToken.None));
        var refused = await Assert.ThrowsAsync<McpServerException>(() => CallAsync(tool));
        Assert.EndsWith(expected, refused.Message, StringComparison.Ordinal);
        server.Answers.Remove("tools/call");
        server.Results["tools/call"] = _ => """{"content":[{"type":"text","text":"fine"}]}""";
        Assert.Equal("fine", await CallAsync(Assert.Single(await source.GetToolsAsync(CancellationToken.None))));
    }

    [Theory]
    [InlineData(64 * 1024, true)]
    [InlineData(128 * 1024, false)]
    public async Task The_bound_is_a_setting(int bytes, bool isTooLong)
    {
        await using var source = ShellServer.NewSource(ShellServer.Say("head -c 100000 /dev/zero | tr '\\0' x"), options => options.MaxMessageBytes = bytes);
        var tool = Assert.Single(await source.GetToolsAsync(CancellationToken.None));
        if (isTooLong)
        {
            Assert.Contains($"more than {bytes} bytes", (await Assert.ThrowsAsync<McpServerException>(() => CallAsync(tool))).Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(new string('x', 100_000), await CallAsync(tool));
        }
    }

    [Theory]
    [InlineData(nameof(McpFraming.Line), "12345678\n12345678\n1234567\r\n", true)]
    [InlineData(nameof(McpFraming.Line), "1234567890", false)]
    [InlineData(nameof(McpFraming.Event), "d: 4567\n\nd: 4567\n\nd: 567\r\n\r\nd: 4567\r\r", true)]
    [InlineData(nameof(McpFraming.Event), "d: 4\nd: 9\n\n", false)]
    [InlineData(nameof(McpFraming.Event), "d: 4\r\nd: 0\r\n", false)]
    [InlineData(nameof(McpFraming.Body), "1\n2\n3\n4\n5", true)]
    [InlineData(nameof(McpFraming.Body), "1\n\n2\n\n3\n\n4", false)]
    public async Task Only_a_message_counts_and_not_what_came_before_it(string framing, string sent, bool fits)
    {
        foreach (var piece in new[] { 1, 2, 100 })
        {
            await using var stream = new McpMessageStream(new MemoryStream(Encoding.ASCII.GetBytes(sent)), Enum.Parse<McpFraming>(framing), 9);
            var read = ReadAsync(stream, piece);
            if (fits)
            {
                Assert.Equal(sent, await read);
            }
            else
            {
                await Assert.ThrowsAsync<McpMessageException>(() => read);
            }
        }
    }

    [Fact]
    public async Task A_line_of_standard_error_that_does_not_end_is_logged_in_pieces()
    {
        using var logs = new LogLines();
        await using var source = ShellServer.NewSource("", logs: logs, hello: "head -c 10000 /dev/zero | tr '\\0' x >&2; echo >&2; echo short >&2");
        await source.GetToolsAsync(CancellationToken.None);
        await Wait.Until(() => logs.All.Any(line => line.EndsWith("standard error: short", StringComparison.Ordinal)), "the last line is logged");
        Assert.Equal([4096, 4096, 1808], logs.All.Where(line => line.EndsWith('x')).Select(line => line.Count(c => c == 'x')));
    }

    [Fact]
    public async Task A_tool_with_a_long_schema_is_left_out()
    {
        var schema = """{"type":"object","properties":{"p":{"type":"string","description":"%"}}}""".Replace("%", new string('x', McpToolList.MaxSchema), StringComparison.Ordinal);
        await using var server = await RawServer.StartAsync(tools: $$"""[{"name":"long","inputSchema":{{schema}}},{{RawServer.Tool}}]""");
        using var logs = new LogLines();
        await using var source = server.NewSource(logs);
        Assert.Equal("t", Assert.Single(await source.GetToolsAsync(CancellationToken.None)).Name);
        Assert.Equal("MCP server 'tools' has a tool 'long' that is left out: its inputSchema is longer than 131072 bytes.", Assert.Single(logs.Warnings));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_list_that_is_too_long_is_cut(bool byCursor)
    {
        await using var server = await RawServer.StartAsync();
        var (page, filling) = (0, new string('x', 3_000_000));
        server.Results["tools/list"] = _ => ++page is var p && byCursor
            ? $$"""{"tools":[{"name":"t{{p}}"}],"nextCursor":"{{p}}{{filling}}"}"""
            : $$"""{"tools":[{"name":"t{{p}}","description":"{{filling}}"}],"nextCursor":"{{p}}"}""";
        using var logs = new LogLines();
        await using var source = server.NewSource(logs);
        var tools = await source.GetToolsAsync(CancellationToken.None);
        Assert.InRange(tools.Count, 5, 6);
        Assert.Equal($"MCP server 'tools' has a list of tools that is cut after {tools.Count} tools: it is longer than 16000000 characters.", Assert.Single(logs.Warnings));
    }

    private static async Task<object?> CallAsync(AITool tool) => await ((AIFunction)tool).InvokeAsync(new AIFunctionArguments());

    private static async Task<string> ReadAsync(Stream stream, int piece)
    {
        var (text, buffer) = (new StringBuilder(), new byte[piece]);
        while (await stream.ReadAsync(buffer) is > 0 and var count)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return text.ToString();
    }
}
