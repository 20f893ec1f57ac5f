namespace AgentStream.Mcp.Tests;

/// <summary>Servers over streamable HTTP.</summary>
public sealed class HttpTests
{
    private const string Key = "open sesame";

    [Fact]
    public async Task A_server_over_HTTP_gets_its_header_and_is_asked_for_its_tools_by_each_run()
    {
        await using var server = await HttpServerProcess.StartAsync();
        var model = new ScriptedModel(
            [Step.Call("c1", "learn", ("name", "dance"))], [Step.Say("ok")], [Step.Call("c2", "dance")], [Step.Say("ok")]);
        await using var silos = await StartAsync(server, model, Key);
        Assert.Contains("\"content\":\"learned\"", await silos.RunAsync(), StringComparison.Ordinal);
        Assert.Contains("\"content\":\"I am dance\"", await silos.RunAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_turns_us_away_ends_the_run_with_its_status()
    {
        await using var server = await HttpServerProcess.StartAsync();
        await using var silos = await StartAsync(server, new ScriptedModel(), "wrong");
        Assert.EndsWith(
            "error {\"msg\":\"crashed - MCP server 'tools' cannot be used: it answered with HTTP status 401 (Unauthorized)\",\"reason\":\"tool_failed\"}\nend\n",
            await silos.RunAsync(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_was_away_is_used_again_when_it_is_back()
    {
        await using var server = await HttpServerProcess.StartAsync();
        var model = new ScriptedModel(
            [Step.Call("c1", "hang")], [Step.Say("what a pity")], [Step.Call("c2", "echo", ("text", "hi"))], [Step.Say("ok")]);
        await using var silos = await StartAsync(server, model, Key);
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await server.Program.UntilAsync("hanging");
        await server.KillAsync();
        var transcript = await silos.TranscriptAsync(key);

        // Its connection may end in several ways, before and after the head of the answer.
        Assert.Matches("\"content\":\"The tool hang failed: MCP server 'tools' (ended its answer to the call without a result|did not answer the call: [^\"]+)\"", transcript);
        Assert.EndsWith("\"llm-end\"}\nend\n", transcript, StringComparison.Ordinal);

        Assert.EndsWith(
            "error {\"msg\":\"crashed - MCP server 'tools' cannot be used: Connection refused\",\"reason\":\"tool_failed\"}\nend\n", await silos.RunAsync(), StringComparison.Ordinal);

        await server.RestartAsync();
        Assert.Contains("\"content\":\"hi\"", await silos.RunAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_canceled_run_cancels_the_call_on_the_server()
    {
        await using var server = await HttpServerProcess.StartAsync();
        await using var silos = await StartAsync(server, new ScriptedModel([Step.Call("c1", "hang")]), Key);
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await server.Program.UntilAsync("hanging");
        Assert.True(await silos.Client.CancelAsync(key));
        Assert.EndsWith("error {\"msg\":\"canceled\"}\nend\n", await silos.TranscriptAsync(key), StringComparison.Ordinal);
        await server.Program.UntilAsync("let go");
    }

    private static Task<TestSilos> StartAsync(HttpServerProcess server, ScriptedModel model, string key) =>
        McpSilos.StartAsync(model, agent => agent.WithMcpServer("tools", server.Url, TestServer.Patient(options => options.Headers["X-Key"] = key)));
}
