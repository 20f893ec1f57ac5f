using System.Text.Json;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;

namespace AgentStream.Mcp.Tests;

/// <summary>Tools of a server in a process of its own, from the list to the model's next request.</summary>
public sealed class ToolTests : IDisposable
{
    private readonly TestServer _server = new();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task The_model_gets_the_servers_tools_and_their_results()
    {
        var model = new ScriptedModel([Step.Call("c1", "echo", ("text", "hi"))], [Step.Say("it said hi")]);
        await using var silos = await StartAsync(model);
        var transcript = await silos.RunAsync();

        var tools = model.Requests.First().Options!.Tools!.Cast<AIFunction>().ToDictionary(t => t.Name);
        Assert.Equal(["echo", "fail", "hang", "learn", "picture", "sum", "whereabouts"], tools.Keys.Order());
        Assert.Equal("Says it again.", tools["echo"].Description);
        var text = tools["echo"].JsonSchema.GetProperty("properties").GetProperty("text");
        Assert.Equal(("string", "What to say."), (text.GetProperty("type").GetString(), text.GetProperty("description").GetString()));

        Assert.Equal("hi", Result(model));
        Assert.Contains("\"part_kind\":\"tool-call\",\"tool_name\":\"echo\",\"tool_call_id\":\"c1\",\"args\":{\"text\":\"hi\"}", transcript, StringComparison.Ordinal);
        Assert.Contains("\"part_kind\":\"tool-return\",\"tool_name\":\"echo\",\"tool_call_id\":\"c1\",\"content\":\"hi\"", transcript, StringComparison.Ordinal);
        Assert.Contains("it said hi", transcript, StringComparison.Ordinal);
        Assert.EndsWith("event {\"idx\":1,\"event\":\"llm-end\"}\nend\n", transcript, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sum", """{"a":1,"b":2}""", """{"sum":3}""")]
    [InlineData("picture", "{}", """[{"type":"text","text":"a dot"},{"type":"image","mimeType":"image/png","bytes":3}]""")]
    [InlineData("fail", """{"why":"out of paper"}""", "\"The tool fail failed: out of paper\"")]
    [InlineData("echo", """{"text":"a\nb"}""", "\"a\\nb\"")]
    public async Task A_result_is_a_text_or_json(string tool, string arguments, string expected)
    {
        var call = new FunctionCallContent("c1", tool, JsonSerializer.Deserialize<Dictionary<string, object?>>(arguments));
        var model = new ScriptedModel([new Step.Give(call)], [Step.Say("ok")]);
        await using var silos = await StartAsync(model);
        var transcript = await silos.RunAsync();
        Assert.Contains($"\"tool_call_id\":\"c1\",\"content\":{expected}", transcript, StringComparison.Ordinal);
        Assert.Equal(expected.Trim('"').Replace("\\n", "\n", StringComparison.Ordinal), Result(model));
    }

    [Fact]
    public async Task Only_the_tools_that_are_wanted_come_with_the_prefix()
    {
        var model = new ScriptedModel([Step.Call("c1", "my_echo", ("text", "hi"))], [Step.Say("ok")]);
        await using var silos = await StartAsync(model, server =>
        {
            server.Prefix = "my_";
            server.Tools.Add("echo");
            server.Tools.Add("sum");
        });
        await silos.RunAsync();
        Assert.Equal(["my_echo", "my_sum"], model.Requests.First().Options!.Tools!.Select(t => t.Name).Order());
        Assert.Equal("hi", Result(model));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_process_gets_its_directory_and_the_environment_that_it_is_given(bool inherit)
    {
        const string Secret = "AGENTSTREAM_TEST_SECRET";
        Environment.SetEnvironmentVariable(Secret, "1234");
        var directory = Directory.CreateTempSubdirectory();
        var model = new ScriptedModel([Step.Call("c1", "whereabouts")], [Step.Say("ok")]);
        await using (var silos = await StartAsync(model, server =>
        {
            server.WorkingDirectory = directory.FullName;
            server.Environment["GREETING"] = "hello";
            server.InheritEnvironment = inherit;
        }))
        {
            await silos.RunAsync();
        }

        var place = JsonDocument.Parse(Result(model)!).RootElement;
        var variables = place.GetProperty("variables").EnumerateArray().Select(v => v.GetString()).ToList();
        Assert.Equal(directory.FullName, place.GetProperty("directory").GetString());
        Assert.Contains("GREETING", variables);
        Assert.Contains("PATH", variables);
        Assert.Equal(inherit, variables.Contains(Secret));
        directory.Delete();
    }

    [Fact]
    public async Task Two_tools_of_one_name_end_the_run_with_a_clear_error()
    {
        await using var own = await StartAsync(new ScriptedModel(), agent: a => a.WithTool((string text) => text, "echo"));
        Assert.EndsWith(
            "error {\"msg\":\"crashed - two tools are named 'echo', one of the agent and one of MCP server 'tools'; tools need different names\",\"reason\":\"tool_failed\"}\nend\n",
            await own.RunAsync(),
            StringComparison.Ordinal);

        using var other = new TestServer();
        await using var servers = await StartAsync(new ScriptedModel(), agent: a => a.WithMcpServer("more", TestServer.Command, other.Arguments(), TestServer.Patient));
        Assert.Contains("one of MCP server 'tools' and one of MCP server 'more'", await servers.RunAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_servers_of_one_name_are_refused()
    {
        var agent = new AgentBuilder().WithMcpServer("files", "cat");
        var refused = Assert.Throws<ArgumentException>(() => agent.WithMcpServer("files", new Uri("http://127.0.0.1/mcp")));
        Assert.StartsWith("The agent has MCP server 'files' already", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_canceled_run_cancels_the_call_on_the_server()
    {
        await using var silos = await StartAsync(new ScriptedModel([Step.Call("c1", "hang")]));
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await _server.UntilAsync("hanging");
        Assert.True(await silos.Client.CancelAsync(key));
        Assert.EndsWith("error {\"msg\":\"canceled\"}\nend\n", await silos.TranscriptAsync(key), StringComparison.Ordinal);
        await _server.UntilAsync("let go");
        Assert.True(TestServer.IsAlive(_server.Pids.Single()));
    }

    [Fact]
    public async Task A_call_that_takes_too_long_is_canceled_on_the_server_and_told_to_the_model()
    {
        var model = new ScriptedModel([Step.Call("c1", "hang")], [Step.Say("ok")]);
        var (time, timeout) = (new ManualTimeProvider(), TimeSpan.FromSeconds(7));
        await using var silos = await StartAsync(model, options: options => options.ToolTimeout = timeout, time: time);
        var running = silos.RunAsync();
        await _server.UntilAsync("hanging");
        await Wait.Until(() => time.HasTimer(timeout), "the run waits for the tool");
        time.Advance(timeout);
        await running;
        Assert.Equal("The tool hang took longer than 7 s.", Result(model));
        await _server.UntilAsync("let go");
    }

    [Fact]
    public async Task All_runs_share_a_process_that_ends_in_order_with_the_host()
    {
        var nodes = Enumerable.Range(0, 3).SelectMany(i => new Step[][] { [Step.Call($"c{i}", "echo", ("text", "hi"))], [Step.Say("ok")] }).ToArray();
        await using (var silos = await StartAsync(new ScriptedModel(nodes)))
        {
            for (var i = 0; i < 3; i++)
            {
                Assert.EndsWith("\"llm-end\"}\nend\n", await silos.RunAsync(), StringComparison.Ordinal);
            }

            Assert.True(TestServer.IsAlive(_server.Pids.Single()));
            Assert.DoesNotContain("ended", _server.Journal);
        }

        await _server.EndedAsync();
        Assert.Equal("ended", _server.Journal[^1]);
    }

    [Fact]
    public async Task A_host_that_stops_in_the_middle_of_a_call_leaves_no_process_behind()
    {
        await using (var silos = await StartAsync(new ScriptedModel([Step.Call("c1", "hang")])))
        {
            await silos.Client.StartAsync(TestSilos.NewSession(), new RunRequest("go"));
            await _server.UntilAsync("hanging");
        }

        await _server.EndedAsync();
        Assert.Contains("let go", _server.Journal);
    }

    private static string? Result(ScriptedModel model)
    {
        var result = (FunctionResultContent)model.Requests.Last().Messages[^1].Contents.Single();
        return result.Result?.ToString();
    }

    private Task<TestSilos> StartAsync(
        ScriptedModel model,
        Action<McpConnectionOptions>? server = null,
        Action<AgentBuilder>? agent = null,
        Action<AgentStreamOptions>? options = null,
        TimeProvider? time = null) => McpSilos.StartAsync(
            model,
            a =>
            {
                a.WithMcpServer("tools", TestServer.Command, _server.Arguments(), TestServer.Patient(server));
                agent?.Invoke(a);
            },
            options,
            time);
}
