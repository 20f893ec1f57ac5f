using AgentStream.TestTools;

namespace AgentStream.Mcp.Tests;

/// <summary>Servers that are not there, do not answer, or go away.</summary>
public sealed class FailureTests : IDisposable
{
    private readonly TestServer _server = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory();

    public void Dispose()
    {
        _server.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_missing_program_ends_the_run_others_go_on_and_the_next_run_tries_again()
    {
        var program = Path.Combine(_directory.FullName, "server");
        var model = new ScriptedModel([Step.Call("c1", "echo", ("text", "hi"))], [Step.Say("ok")]);
        await using var silos = await McpSilos.StartAsync(model, agent => agent.WithMcpServer("files", program, _server.Arguments(), TestServer.Patient));
        Assert.Equal(
            $"begin {{\"idx\":0}}\nerror {{\"msg\":\"crashed - MCP server 'files' cannot be used: '{program}' cannot be started: No such file or directory\",\"reason\":\"tool_failed\"}}\nend\n",
            WithoutRun(await silos.RunAsync()));
        Assert.Contains("\"fine\"", await silos.RunOtherAsync(), StringComparison.Ordinal);
        Assert.Empty(model.Requests);

        File.CreateSymbolicLink(program, Environment.ProcessPath!);
        Assert.Contains("\"content\":\"hi\"", await silos.RunAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_directory_is_named_as_the_reason()
    {
        await using var silos = await McpSilos.StartAsync(
            new ScriptedModel(), agent => agent.WithMcpServer("files", "cat", configure: TestServer.Patient(s => s.WorkingDirectory = Path.Combine(_directory.FullName, "gone"))));
        Assert.EndsWith(
            "error {\"msg\":\"crashed - MCP server 'files' cannot be used: its working directory does not exist\",\"reason\":\"tool_failed\"}\nend\n", await silos.RunAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_fails_ends_the_run_without_its_output()
    {
        await using var silos = await McpSilos.StartAsync(
            new ScriptedModel(), agent => agent.WithMcpServer("tools", TestServer.Command, _server.Arguments("--hello", "fails"), TestServer.Patient));
        Assert.EndsWith(
            "error {\"msg\":\"crashed - MCP server 'tools' cannot be used: its process ended with exit code 3\",\"reason\":\"tool_failed\"}\nend\n", await silos.RunAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_program_ends_the_run_in_time_and_is_ended_itself()
    {
        var time = new ManualTimeProvider();
        var options = Options("sh", _server.SilentArguments());
        await using var source = McpSilos.NewSource(options, time: time);
        await using var silos = await McpSilos.StartAsync(new ScriptedModel(), agent => agent.WithToolProvider("MCP server 'tools'", _ => source));
        var running = silos.RunAsync();
        await Wait.Until(() => _server.Pids.Count == 1, "the server starts");
        time.Advance(options.ConnectTimeout);
        Assert.EndsWith(
            "error {\"msg\":\"crashed - MCP server 'tools' cannot be used: it did not answer within 600 s\",\"reason\":\"tool_failed\"}\nend\n", await running, StringComparison.Ordinal);
        await _server.EndedAsync();
    }

    [Fact]
    public async Task A_run_that_waits_for_its_server_can_be_canceled_and_leaves_no_process_behind()
    {
        await using (var silos = await McpSilos.StartAsync(
            new ScriptedModel(), agent => agent.WithMcpServer("tools", "sh", _server.SilentArguments(), TestServer.Patient)))
        {
            var key = TestSilos.NewSession();
            await silos.Client.StartAsync(key, new RunRequest("go"));
            await Wait.Until(() => _server.Pids.Count == 1, "the server starts");
            Assert.True(await silos.Client.CancelAsync(key));
            Assert.EndsWith("error {\"msg\":\"canceled\"}\nend\n", await silos.TranscriptAsync(key), StringComparison.Ordinal);
        }

        await _server.EndedAsync();
    }

    [Fact]
    public async Task A_server_that_died_between_runs_is_started_again()
    {
        await using var source = McpSilos.NewSource(Options());
        var model = new ScriptedModel(
            [Step.Call("c1", "echo", ("text", "one"))], [Step.Say("ok")], [Step.Call("c2", "echo", ("text", "two"))], [Step.Say("ok")]);
        await using var silos = await McpSilos.StartAsync(model, agent => agent.WithToolProvider("MCP server 'tools'", _ => source));
        Assert.Contains("\"content\":\"one\"", await silos.RunAsync(), StringComparison.Ordinal);
        await _server.KillAsync();
        await Wait.Until(() => !source.IsConnected, "the death is seen");
        Assert.Contains("\"content\":\"two\"", await silos.RunAsync(), StringComparison.Ordinal);
        Assert.Equal(2, _server.Pids.Distinct().Count());
    }

    [Fact]
    public async Task A_server_that_dies_in_the_middle_of_a_call_is_an_error_to_the_model_and_the_next_run_starts_it_again()
    {
        var model = new ScriptedModel(
            [Step.Call("c1", "hang")], [Step.Call("c2", "echo", ("text", "one"))], [Step.Say("what a pity")], [Step.Call("c3", "echo", ("text", "two"))], [Step.Say("ok")]);
        await using var silos = await McpSilos.StartAsync(model, agent => agent.WithMcpServer("tools", TestServer.Command, _server.Arguments(), TestServer.Patient));
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await _server.UntilAsync("hanging");
        await _server.KillAsync();

        var transcript = await silos.TranscriptAsync(key);
        Assert.Contains(
            "\"content\":\"The tool hang failed: MCP server 'tools' did not answer the call: its process ended with exit code 137\"", transcript, StringComparison.Ordinal);
        Assert.Contains("\"content\":\"The tool echo failed: MCP server 'tools' did not answer the call: ", transcript, StringComparison.Ordinal);
        Assert.EndsWith("\"llm-end\"}\nend\n", transcript, StringComparison.Ordinal);
        Assert.Contains("\"content\":\"two\"", await silos.RunAsync(), StringComparison.Ordinal);
        Assert.Equal(2, _server.Pids.Distinct().Count());
    }

    [Fact]
    public async Task Runs_that_start_at_once_start_one_process()
    {
        await using var source = McpSilos.NewSource(Options());
        var found = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => source.GetToolsAsync(CancellationToken.None).AsTask()));
        Assert.All(found, tools => Assert.Contains(tools, t => t.Name == "echo"));
        Assert.Single(_server.Pids);
    }

    [Fact]
    public async Task A_source_that_is_closed_starts_nothing()
    {
        var source = McpSilos.NewSource(Options());
        await source.DisposeAsync();
        var refused = await Assert.ThrowsAsync<McpServerException>(() => source.GetToolsAsync(CancellationToken.None).AsTask());
        Assert.Equal("MCP server 'tools' cannot be used: the silo is shutting down", refused.Message);
        Assert.Empty(_server.Journal);
    }

    private static string WithoutRun(string transcript) =>
        string.Join('\n', transcript.Split('\n').Select(line => line.StartsWith("begin", StringComparison.Ordinal) ? "begin {\"idx\":0}" : line));

    private McpConnectionOptions Options() => Options(TestServer.Command, _server.Arguments());

    private static McpConnectionOptions Options(string command, string[] arguments)
    {
        var options = new McpConnectionOptions { Command = command };
        TestServer.Patient(options);
        Array.ForEach(arguments, options.Arguments.Add);
        return options;
    }
}
