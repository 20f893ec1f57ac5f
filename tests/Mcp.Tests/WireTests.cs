using System.Text.RegularExpressions;

namespace AgentStream.Mcp.Tests;

/// <summary>Names and descriptions from the server's list to the model and back: endpoints take only some, and servers have others.</summary>
public sealed partial class WireTests
{
    private static readonly string Long = new('x', 2780);

    [Theory]
    [InlineData("files.read")]
    [InlineData("Github/Get File")]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234567890")]
    [InlineData("läs_😀\n")]
    [InlineData("plain")]
    public async Task A_tool_of_any_name_can_be_told_and_is_called_by_its_own(string name)
    {
        await using var server = await RawServer.StartAsync("""{"content":[{"type":"text","text":"hi"}]}""", $$"""[{{Named(name)}}]""");
        var first = await ToldAsync(server, "my-");
        var told = Assert.Single(first);
        Assert.Matches(Fit(), told);

        var model = new ScriptedModel([Step.Call("c1", told, ("a", 1))], [Step.Say("ok")]);
        await using var silos = await McpSilos.StartAsync(model, agent => agent.WithMcpServer("tools", server.Url, TestServer.Patient(options => options.Prefix = "my-")));
        Assert.Contains("\"content\":\"hi\"", await silos.RunAsync(), StringComparison.Ordinal);
        Assert.Equal(name, server.Of("tools/call").Single().Parameters.GetProperty("name").GetString());
        Assert.Equal(first, await ToldAsync(server, "my-"));
    }

    [Fact]
    public async Task Tools_whose_names_differ_are_told_by_names_that_differ()
    {
        string[] names = ["files.read", "files_read", "files/read", "files read", new('a', 70), new string('a', 70) + "b"];
        await using var server = await RawServer.StartAsync(tools: $"[{string.Join(',', names.Select(Named))}]");
        var told = await ToldAsync(server, "");
        Assert.Equal(names.Length, told.Distinct().Count());
        Assert.All(told, name => Assert.Matches(Fit(), name));
        Assert.Equal("files_read", told[1]);
    }

    [Fact]
    public async Task The_filter_takes_the_servers_own_names()
    {
        await using var server = await RawServer.StartAsync(tools: $"[{Named("files.read")},{Named("files.write")}]");
        Assert.StartsWith("files_read_", Assert.Single(await ToldAsync(server, "", "files.read")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tool_that_cannot_be_used_costs_no_run()
    {
        await using var server = await RawServer.StartAsync(
            tools: $$"""[null,{"name":"odd","inputSchema":{"anyOf":[]} },{{Named("good")}},{{Named("good")}},{"name":"long","description":"{{Long}}","inputSchema":{} }]""");
        var model = new ScriptedModel([Step.Say("ok")]);
        await using var silos = await McpSilos.StartAsync(model, agent => agent.WithMcpServer("tools", server.Url, TestServer.Patient));
        Assert.EndsWith("\"llm-end\"}\nend\n", await silos.RunAsync(), StringComparison.Ordinal);
        var tools = model.Requests.Single().Options!.Tools!;
        Assert.Equal(["good", "long"], tools.Select(tool => tool.Name));
        Assert.Equal(1024, tools[1].Description.Length);
    }

    private static string Named(string name) => $$"""{"name":{{System.Text.Json.JsonSerializer.Serialize(name)}},"inputSchema":{"type":"object"} }""";

    /// <summary>What a run tells the model of.</summary>
    private static async Task<List<string>> ToldAsync(RawServer server, string prefix, params string[] wanted)
    {
        var model = new ScriptedModel([Step.Say("ok")]);
        await using var silos = await McpSilos.StartAsync(model, agent => agent.WithMcpServer("tools", server.Url, TestServer.Patient(options =>
        {
            options.Prefix = prefix;
            Array.ForEach(wanted, options.Tools.Add);
        })));
        await silos.RunAsync();
        return [.. model.Requests.Single().Options!.Tools!.Select(tool => tool.Name)];
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9_-]{1,64}\z")]
    private static partial Regex Fit();
}
