using System.Text.Json;

namespace AgentStream.Mcp.Tests;

/// <summary>Lists of tools in pages: each is asked for once, and a list that does not end is cut.</summary>
public sealed class PagingTests
{
    private const string ListIsCut = "MCP server 'tools' has a list of tools that is cut after ";

    [Fact]
    public async Task All_pages_are_asked_for()
    {
        var (names, lists, warnings) = await ListAsync(page => (Tool($"t{page}"), page < 3 ? $"\"page {page}\"" : null));
        Assert.Equal(["t1", "t2", "t3"], names);
        Assert.Equal([null, "page 1", "page 2"], lists.Select(Cursor));
        Assert.Empty(warnings);
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("false")]
    [InlineData("\"\\ud800\"")]
    public async Task A_cursor_that_is_none_is_the_end(string cursor)
    {
        var (names, lists, warnings) = await ListAsync(page => (Tool($"t{page}"), cursor));
        Assert.Equal(["t1"], names);
        Assert.Single(lists);
        Assert.Empty(warnings);
    }

    [Theory]
    [InlineData("\"8\"")]
    [InlineData("8")]
    public async Task A_cursor_that_comes_again_is_the_end(string cursor)
    {
        var (names, lists, warnings) = await ListAsync(page => (Tool($"t{page}"), cursor));
        Assert.Equal(["t1", "t2"], names);
        Assert.Equal([null, "8"], lists.Select(Cursor));
        Assert.Equal([ListIsCut + "2 tools: the server gave the same cursor twice."], warnings);
    }

    [Fact]
    public async Task Pages_that_go_round_in_a_circle_are_asked_for_once()
    {
        var (names, lists, warnings) = await ListAsync(page => (Tool($"t{page % 3}"), $"\"{page % 3}\""));
        Assert.Equal(["t0", "t1", "t2"], names.Order());
        Assert.Equal(4, lists.Count);
        Assert.Single(warnings);
    }

    [Fact]
    public async Task Ever_new_cursors_to_the_same_tools_are_not_followed_for_long()
    {
        var (names, lists, warnings) = await ListAsync(page => (Tool("t"), $"\"{page}\""));
        Assert.Equal(["t"], names);
        Assert.Equal(1 + McpToolList.MaxIdlePages, lists.Count);
        Assert.Equal([ListIsCut + "1 tools: the last 10 pages had no tool that is new."], warnings);
    }

    [Fact]
    public async Task Ever_new_tools_are_taken_up_to_a_bound()
    {
        var (names, lists, warnings) = await ListAsync(page => (Tool($"t{page}"), $"\"{page}\""));
        Assert.Equal(McpToolList.MaxPages, names.Count);
        Assert.Equal(McpToolList.MaxPages, lists.Count);
        Assert.Equal([ListIsCut + "1000 tools: it has more than 1000 pages."], warnings);
    }

    [Theory]
    [InlineData(10_000, false)]
    [InlineData(10_001, true)]
    public async Task A_page_is_taken_up_to_a_bound(int tools, bool isCut)
    {
        var (names, _, warnings) = await ListAsync(_ => (string.Join(',', Enumerable.Range(0, tools).Select(i => Tool($"t{i}"))), null));
        Assert.Equal(McpToolList.MaxTools, names.Count);
        Assert.Equal(isCut ? [ListIsCut + "10000 tools: it has more than 10000."] : [], warnings);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"tools":null}""")]
    [InlineData("[]")]
    [InlineData("null")]
    public async Task An_answer_without_tools_is_a_list_without_tools(string result)
    {
        var logs = new LogLines();
        await using var server = await RawServer.StartAsync();
        server.Results["tools/list"] = _ => result;
        await using var source = server.NewSource(logs);
        Assert.Empty(await source.GetToolsAsync(CancellationToken.None));
        Assert.Equal(["MCP server 'tools' answered with a list of tools that has none."], logs.Warnings);
    }

    [Fact]
    public async Task A_server_that_refuses_to_list_its_tools_is_quoted()
    {
        await using var server = await RawServer.StartAsync();
        server.Answers["tools/list"] = (request, context) => RawServer.ErrorAsync(request, context, -32603, "out\nof order");
        await using var source = server.NewSource();
        var refused = await Assert.ThrowsAsync<McpServerException>(() => source.GetToolsAsync(CancellationToken.None).AsTask());
        Assert.Equal("MCP server 'tools' cannot be used: it answered with an error: out\nof order", refused.Message);
    }

    private static string Tool(string name) => $$"""{"name":"{{name}}","inputSchema":{"type":"object"} }""";

    private static string? Cursor(RawRequest list) =>
        list.Parameters.ValueKind is JsonValueKind.Object && list.Parameters.TryGetProperty("cursor", out var cursor) ? cursor.ToString() : null;

    /// <summary>Lists what a server gives, whose pages are the tools and the next cursor by the number of the page.</summary>
    private static async Task<(List<string> Names, IReadOnlyList<RawRequest> Lists, IReadOnlyList<string> Warnings)> ListAsync(Func<int, (string Tools, string? Next)> page)
    {
        var (logs, asked) = (new LogLines(), 0);
        await using var server = await RawServer.StartAsync();
        server.Results["tools/list"] = _ =>
        {
            var (tools, next) = page(++asked);
            return next is null ? $$"""{"tools":[{{tools}}]}""" : $$"""{"tools":[{{tools}}],"nextCursor":{{next}}}""";
        };

        await using var source = server.NewSource(logs);
        var names = (await source.GetToolsAsync(CancellationToken.None)).Select(tool => tool.Name).ToList();
        return (names, server.Of("tools/list"), logs.Warnings);
    }
}
