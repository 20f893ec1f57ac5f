using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary><c>agentstream</c> as its users have it: a process of its own, and a silo.</summary>
public sealed class CliTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private static readonly SessionKey Long = new(1, 1, "long");

    [Fact]
    public async Task Asking_shows_the_tool_call_and_the_answer()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=0");
        var (exitCode, output, errors) = await RunAsync(silo.Url, "ask", "what is 12*7?");
        Assert.Equal(
            """
            thinking: I need a tool.
            → calculate {"expression":"12*7"}
            ← calculate 84
            12*7 is 84.

            """,
            output);
        Assert.Equal(0, exitCode);
        Assert.Matches(@"^\(to continue: --session [0-9a-f-]{36}\)\n$", errors);

        Assert.Equal((0, "12*7 is 84.\n", ""), await RunAsync(silo.Url, "ask", "what is 12*7?", "--session", "s1", "--quiet"));
        await using var piped = ProgramProcess.Start("CliProgram", ["ask", "-", "-q", "-s", "s1"], new() { ["AGENTSTREAM_URL"] = silo.Url.ToString() }, "and 13*7?");
        Assert.Equal((0, "13*7 is 91.\n", ""), await piped.EndAsync());

        Assert.Equal(
            (0, """
            > what is 12*7?
            thinking: I need a tool.
            → calculate {"expression":"12*7"}
            ← calculate 84
            12*7 is 84.
            > and 13*7?
            thinking: I need a tool.
            → calculate {"expression":"13*7"}
            ← calculate 91
            13*7 is 91.

            """, ""),
            await RunAsync(silo.Url, "read", "s1"));
        var all = await RunAsync(silo.Url, "ls", "--all");
        Assert.Matches(@"\A  \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ  s1  what is 12\*7\?\n  [^\n]+  [0-9a-f-]{36}  what is 12\*7\?\n\z", all.Output);
        Assert.Equal((0, "", ""), await RunAsync(silo.Url, "rm", "s1"));
        Assert.Equal(7, (await RunAsync(silo.Url, "read", "s1")).ExitCode);
    }

    [Fact]
    public async Task A_call_that_waits_has_an_exit_code_of_its_own_and_is_answered_by_a_command()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=0");
        var (exitCode, output, _) = await RunAsync(silo.Url, "ask", "delete my notes", "-s", "notes");
        Assert.Equal(9, exitCode);
        Assert.Matches(@"→ delete_notes \{\}\nwaits: delete_notes needs approval \(request [0-9a-f-]{36}-0\)\n$", output);

        Assert.Equal((0, "continues\n", ""), await RunAsync(silo.Url, "approve", "notes"));
        var (_, answer, _) = await RunAsync(silo.Url, "listen", "notes");
        Assert.Contains("Your notes are deleted.", answer, StringComparison.Ordinal);
        Assert.Equal((7, "", "agentstream: no call waits for approval\n"), await RunAsync(silo.Url, "deny", "notes"));
        Assert.Equal(7, (await RunAsync(silo.Url, "approve", "notes", "unknown")).ExitCode);

        Assert.Equal(9, (await RunAsync(silo.Url, "ask", "delete my notes", "-s", "notes", "-q")).ExitCode);
        Assert.Equal((2, ""), (await RunAsync(silo.Url, "approve", "notes", "--args", "{")) is var wrong ? (wrong.ExitCode, wrong.Output) : default);
        Assert.Equal((0, "continues\n", ""), await RunAsync(silo.Url, "deny", "notes", "--reason", "I need them"));
        Assert.Contains("I did not delete your notes: I need them.", (await RunAsync(silo.Url, "listen", "notes")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_is_listed_followed_from_a_cursor_and_canceled()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=00:00:00.010");
        await using var asking = ProgramProcess.Cli(silo.Url, "ask", "count to 100000", "-s", "long", "--json");
        await asking.WritesAsync("""content_delta":"7 """);
        Assert.Equal((0, "long\n", ""), await RunAsync(silo.Url, "ls"));
        var busy = await RunAsync(silo.Url, "ask", "me too", "-s", "long");
        Assert.Equal((5, ""), (busy.ExitCode, busy.Output));
        Assert.StartsWith("agentstream: Session 1:1:long is busy", busy.Errors, StringComparison.Ordinal);

        // A prompt that waits is not canceled with the run before it.
        await using var waiting = ProgramProcess.Cli(silo.Url, "ask", "what is 12*7?", "-s", "long", "--on-busy", "queue");
        using var client = new AgentStreamHttpClient(new Uri(silo.Url, "chat"));
        await Wait.Until(async () => (await client.GetSessionAsync(Long))?.QueuedPrompts == 1, "the prompt waits");

        var lines = asking.Output.Split('\n')[..7];
        var cursor = lines[4].Split('"')[3];
        await using var listening = ProgramProcess.Cli(silo.Url, "listen", "long", "--after", cursor, "--json");
        await listening.WritesAsync(lines[6]);
        Assert.StartsWith($"{lines[5]}\n{lines[6]}\n", listening.Output, StringComparison.Ordinal);

        Assert.Equal((0, "canceled\n", ""), await RunAsync(silo.Url, "cancel", "long"));
        const string Canceled = "\"type\":\"error\",\"origin\":\"developer\",\"body\":{\"msg\":\"canceled\"}}\n";
        foreach (var program in (ProgramProcess[])[asking, listening])
        {
            var (exitCode, output, _) = await program.EndAsync();
            Assert.Equal(3, exitCode);
            Assert.EndsWith(Canceled, output, StringComparison.Ordinal);
        }

        var waited = await waiting.EndAsync();
        Assert.Equal(0, waited.ExitCode);
        Assert.EndsWith("\n12*7 is 84.\n", waited.Output, StringComparison.Ordinal);
        Assert.Equal((7, "nothing to cancel\n", ""), await RunAsync(silo.Url, "cancel", "long"));
        Assert.Equal((0, "", ""), await RunAsync(silo.Url, "ls"));
        Assert.Equal((1, 7), ((await RunAsync(silo.Url, "ask", "fail")).ExitCode, (await RunAsync(silo.Url, "listen", "nobody")).ExitCode));
    }

    [Fact]
    public async Task Ctrl_C_cancels_the_run_that_was_asked_for()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=00:00:00.010");
        await using var asking = ProgramProcess.Cli(silo.Url, "ask", "count to 100000", "-s", "long");
        await asking.WritesAsync("1 2 3 ");
        await asking.InterruptAsync();
        var (exitCode, output, errors) = await asking.EndAsync();
        Assert.Equal((3, "(canceling (Ctrl-C again: leave it running))\n"), (exitCode, errors));
        Assert.EndsWith("\nerror: canceled\n", output, StringComparison.Ordinal);
        Assert.Equal((0, "", ""), await RunAsync(silo.Url, "ls"));
    }

    [Fact]
    public async Task Ctrl_C_twice_leaves_the_run_running_and_once_while_listening()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=00:00:00.010");
        await using var proxy = new CuttingProxy(silo.Url);
        await using var asking = ProgramProcess.Cli(proxy.Url, "ask", "count to 100000", "-s", "long");
        await asking.WritesAsync("1 2 3 ");

        // The cancel follows the first press a second later: it does not arrive, however late the second press is.
        proxy.HoldsNew = true;
        await asking.InterruptAsync();
        await asking.WarnsAsync("(canceling");
        await asking.InterruptAsync();
        Assert.Equal(6, (await asking.EndAsync()).ExitCode);

        await using var listening = ProgramProcess.Cli(silo.Url, "listen", "long");
        await listening.WritesAsync("1 2 3 ");
        await listening.InterruptAsync();
        Assert.Equal(6, (await listening.EndAsync()).ExitCode);
        using var client = new AgentStreamHttpClient(new Uri(silo.Url, "chat"));
        Assert.True(await client.IsLiveAsync(Long));
    }

    [Fact]
    public async Task Ctrl_C_for_a_prompt_that_waits_cancels_its_run_and_not_the_one_before_it()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=00:00:00.010");
        using var client = new AgentStreamHttpClient(new Uri(silo.Url, "chat"));
        await client.StartAsync(Long, new RunRequest("count to 100000"));
        await using var waiting = ProgramProcess.Cli(silo.Url, "ask", "count to 99999", "-s", "long", "--on-busy", "queue");
        await Wait.Until(async () => (await client.GetSessionAsync(Long))?.QueuedPrompts == 1, "the prompt waits");
        await waiting.InterruptAsync();
        await waiting.WarnsAsync("(canceling");

        Assert.Equal((0, "canceled\n", ""), await RunAsync(silo.Url, "cancel", "long"));
        Assert.Equal(3, (await waiting.EndAsync()).ExitCode);
        Assert.False(await client.IsLiveAsync(Long));
    }

    [Fact]
    public async Task What_cannot_be_done_is_a_sentence_and_an_exit_code()
    {
        var unreachable = await RunAsync(new Uri($"http://127.0.0.1:{Ports.Free()}"), "ask", "hi");
        Assert.Equal((4, ""), (unreachable.ExitCode, unreachable.Output));
        Assert.Matches("^agentstream: POST http://127.0.0.1:[0-9]+/chat had no answer: .*\n$", unreachable.Errors);

        Assert.Equal((2, "", "session must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ @ = + -, and not '.' or '..'\n\n"), await RunAsync(null, "listen", "a:b"));
        Assert.Equal((2, "", "agentstream: cursor must be {milliseconds}-{sequence}, as an event's id gives it\n"), await RunAsync(null, "listen", "a", "--after", "x"));
        Assert.Equal((2, "", "agentstream: --url must be a URL of http or https, but is 'nowhere'\n"), await RunAsync(null, "ls", "--url", "nowhere"));
        Assert.Equal((2, "", "agentstream: --redis goes without --url and --header\n"), await RunAsync(null, "ls", "--redis", "127.0.0.1:1", "--url", "http://x"));
        Assert.Equal((2, "", "agentstream: --user goes with --redis: over HTTP the server knows who asks\n"), await RunAsync(null, "ls", "--user", "1:2"));
        Assert.Equal(4, (await RunAsync(null, "ls", "--redis", $"127.0.0.1:{Ports.Free()}")).ExitCode);

        var help = await RunAsync(null, "--help");
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("agentstream [command] [options]", help.Output, StringComparison.Ordinal);
        Assert.Contains("Exit codes:", help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Beside_a_silo_on_its_Redis_it_sees_and_cancels_the_silos_runs()
    {
        var prefix = RedisServer.NewPrefix();
        await using var silo = await SiloProcess.StartAsync(
            "--AgentStream:Demo:TokenDelay=00:00:00.010", $"--AgentStream:RedisPrefix={prefix}", $"--ConnectionStrings:redis={redis.Server.Configuration}", SiloProcess.Gateway());
        using var http = new HttpClient { BaseAddress = silo.Url };
        using var asking = await SseReader.OpenAsync(http, () => SseReader.Ask(new { prompt = "count to 100000", session_id = "long" }));

        Assert.Equal((0, "long\n", ""), await BesideAsync("ls"));
        await using var listening = Beside("listen", "long");
        await listening.WritesAsync("1 2 3 ");
        Assert.Equal((0, "canceled\n", ""), await BesideAsync("cancel", "long"));
        Assert.Equal(3, (await listening.EndAsync()).ExitCode);
        Assert.StartsWith("> count to 100000\n1 2 3 ", (await BesideAsync("read", "long")).Output, StringComparison.Ordinal);
        Assert.Equal((0, ""), ((await BesideAsync("ls", "--user", "1:2")).ExitCode, (await BesideAsync("ls", "--user", "1:2")).Output));

        Assert.Equal((0, "12*7 is 84.\n", ""), await BesideAsync("ask", "what is 12*7?", "-s", "short", "-q"));

        ProgramProcess Beside(params string[] arguments) =>
            ProgramProcess.Start("CliProgram", [.. arguments, "--redis", redis.Server.Configuration], new() { ["AgentStream__RedisPrefix"] = prefix });

        async Task<(int ExitCode, string Output, string Errors)> BesideAsync(params string[] arguments)
        {
            await using var program = Beside(arguments);
            return await program.EndAsync();
        }
    }

    [Fact]
    public async Task A_cluster_without_a_gateway_is_one_sentence_that_names_the_setting()
    {
        var prefix = RedisServer.NewPrefix();
        await using var silo = await SiloProcess.StartAsync($"--AgentStream:RedisPrefix={prefix}", $"--ConnectionStrings:redis={redis.Server.Configuration}");
        await using var listing = ProgramProcess.Start("CliProgram", ["ls", "--redis", redis.Server.Configuration], new() { ["AgentStream__RedisPrefix"] = prefix });
        Assert.Equal(
            (4, "", $"agentstream: No silo of the cluster '{prefix}@{Environment.MachineName}' has a gateway for other programs: set AgentStream:Cluster:GatewayPort where one is to have it.\n"),
            await listing.EndAsync());
    }

    [Fact]
    public async Task Where_silos_have_certificates_it_needs_one_too()
    {
        using var certificates = new TestCertificates();
        var prefix = RedisServer.NewPrefix();
        (string Name, string Value)[] files = [("Certificate", certificates.CertificateFile), ("CertificateKey", certificates.KeyFile), ("CertificateAuthority", certificates.AuthorityFile)];
        await using var silo = await SiloProcess.StartAsync(
            [
                $"--AgentStream:RedisPrefix={prefix}", $"--ConnectionStrings:redis={redis.Server.Configuration}", SiloProcess.Gateway(), "--AgentStream:Demo:TokenDelay=0",
                .. files.Select(file => $"--AgentStream:Cluster:{file.Name}={file.Value}"),
            ]);
        var environment = new Dictionary<string, string> { ["AgentStream__RedisPrefix"] = prefix };
        await using var without = ProgramProcess.Start("CliProgram", ["ls", "--redis", redis.Server.Configuration], environment);
        var (exitCode, _, errors) = await without.EndAsync();
        Assert.Equal(4, exitCode);
        Assert.EndsWith("where silos have certificates, it needs one, too (AgentStream:Cluster:Certificate).\n", errors, StringComparison.Ordinal);

        foreach (var (name, value) in files)
        {
            environment[$"AgentStream__Cluster__{name}"] = value;
        }

        await using var asking = ProgramProcess.Start("CliProgram", ["ask", "what is 12*7?", "-q", "--redis", redis.Server.Configuration], environment);
        var answered = await asking.EndAsync();
        Assert.Equal((0, "12*7 is 84.\n"), (answered.ExitCode, answered.Output));
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(Uri? server, params string[] arguments)
    {
        await using var program = ProgramProcess.Cli(server, arguments);
        return await program.EndAsync();
    }
}
