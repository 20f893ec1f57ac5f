namespace AgentStream.Mcp.Tests;

/// <summary>What users and models hear of a server that fails: no path, no host, and no word of the server's.</summary>
public sealed class OwnWordsTests
{
    private const string Secret = "table orders at db.internal:5432, /opt/secret";

    [Theory]
    [InlineData(true, "'/opt/secret/server' cannot be started: No such file or directory")]
    [InlineData(false, "it cannot be started")]
    public async Task A_path_is_told_only_with_details(bool details, string told)
    {
        await using var silos = await McpSilos.StartAsync(
            new ScriptedModel(), agent => agent.WithMcpServer("files", "/opt/secret/server", configure: TestServer.Patient), options => options.IncludeDetailedErrors = details);
        Assert.EndsWith(
            $"error {{\"msg\":\"crashed - MCP server 'files' cannot be used: {told}\",\"reason\":\"tool_failed\"}}\nend\n", await silos.RunAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_servers_words_about_a_call_stay_in_the_log()
    {
        await using var server = await RawServer.StartAsync();
        server.Answers["tools/call"] = (request, context) => RawServer.ErrorAsync(request, context, -32602, Secret);
        var refused = await Assert.ThrowsAsync<McpServerException>(() => server.CallAsync());
        Assert.Equal("MCP server 'tools' answered the call with an error", refused.PublicMessage);
        Assert.Contains(Secret, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_stays_in_the_log()
    {
        await using var server = await RawServer.StartAsync("[]");
        Assert.Equal(
            "MCP server 'tools' answered the call with what is no result", (await Assert.ThrowsAsync<McpServerException>(() => server.CallAsync())).PublicMessage);
    }

    [Fact]
    public async Task Where_a_server_redirects_to_stays_in_the_log()
    {
        await using var server = await RawServer.StartAsync();
        server.Answers["tools/call"] = (_, context) =>
        {
            context.Response.Headers.Location = "http://db.internal/";
            return RawServer.StatusAsync(context, 307);
        };
        Assert.Equal(
            "MCP server 'tools' did not answer the call: it redirects to where it is not followed",
            (await Assert.ThrowsAsync<McpServerException>(() => server.CallAsync())).PublicMessage);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_not_named()
    {
        var server = await RawServer.StartAsync();
        await using var source = server.NewSource();
        await server.DisposeAsync();
        var refused = await Assert.ThrowsAsync<McpServerException>(() => source.GetToolsAsync(CancellationToken.None).AsTask());
        Assert.Equal(("MCP server 'tools' cannot be used: it cannot be reached", FailureReasons.ToolFailed), (refused.PublicMessage, refused.FailureReason));
    }
}
