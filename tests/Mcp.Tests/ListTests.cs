using AgentStream.TestTools;

namespace AgentStream.Mcp.Tests;

/// <summary>When a server is asked for its tools: once, and again when they have changed.</summary>
public sealed class ListTests : IDisposable
{
    private readonly TestServer _server = new();

    private int Lists => _server.Journal.Count(line => line == "list");

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData("2026-07-28")]
    [InlineData("2025-11-25")]
    public async Task Tools_that_have_changed_come_with_the_next_run(string protocol)
    {
        var options = new McpConnectionOptions { Command = TestServer.Command };
        TestServer.Patient(options);
        Array.ForEach(_server.Arguments("--protocol", protocol), options.Arguments.Add);
        await using var source = McpSilos.NewSource(options);
        var model = new ScriptedModel(
            [Step.Call("c1", "learn", ("name", "dance"))], [Step.Say("ok")], [Step.Call("c2", "dance")], [Step.Say("ok")]);
        await using var silos = await McpSilos.StartAsync(model, agent => agent.WithToolProvider("MCP server 'tools'", _ => source));

        await UntilKeptAsync(source);
        await silos.RunAsync();
        await Wait.Until(async () => (await source.GetToolsAsync(CancellationToken.None)).Any(tool => tool.Name == "dance"), "the new tool is known");
        await UntilKeptAsync(source);
        var lists = Lists;
        Assert.Contains("\"content\":\"I am dance\"", await silos.RunAsync(), StringComparison.Ordinal);
        Assert.Equal(lists, Lists);

        var (first, last) = (model.Requests.First().Options!.Tools!, model.Requests.Last().Options!.Tools!);
        Assert.Equal(["dance"], last.Select(tool => tool.Name).Except(first.Select(tool => tool.Name)));
    }

    /// <summary>From the first word of the server that it will tell of changes, tools are kept.</summary>
    private Task UntilKeptAsync(McpToolProvider source) => Wait.Until(
        async () =>
        {
            var lists = Lists;
            await source.GetToolsAsync(CancellationToken.None);
            return lists == Lists;
        },
        "the server is not asked again");
}
