using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>Silos that are started beside others on this machine: a start never harms a silo that runs.</summary>
public sealed class StartTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private const string AnyPort = "http://127.0.0.1:0";

    [Fact]
    public async Task A_second_silo_without_a_Redis_starts_next_to_the_first()
    {
        await using var first = await SiloProcess.StartAsPrintedAsync("--urls", AnyPort);
        await using var second = await SiloProcess.StartAsPrintedAsync("--urls", AnyPort);
        foreach (var silo in new[] { first, second })
        {
            using var http = new HttpClient { BaseAddress = silo.Url };
            Assert.Equal("[]", await http.GetStringAsync("chat"));
        }
    }

    [Fact]
    public async Task Silos_of_one_machine_and_one_Redis_are_one_cluster_without_further_settings()
    {
        var (prefix, settings) = Settings();
        await using var first = await SiloProcess.StartAsPrintedAsync(["--urls", AnyPort, .. settings]);
        await using var second = await SiloProcess.StartAsPrintedAsync(["--urls", AnyPort, .. settings]);
        Assert.Equal(["Active", "Active"], await StatusesAsync(prefix));
    }

    [Fact]
    public async Task The_same_command_again_is_one_sentence_and_the_first_silo_keeps_its_runs()
    {
        var (prefix, settings) = Settings();
        string[] command = ["--urls", $"http://127.0.0.1:{Ports.Free()}", "--AgentStream:Demo:TokenDelay=1ms", .. settings];
        await using var first = await SiloProcess.StartAsPrintedAsync(command);
        using var http = new HttpClient { BaseAddress = first.Url };
        using var asking = new SseReader(await SseReader.OpenAsync(http, () => SseReader.Ask(new { prompt = "count to 3000", session_id = "s" })));

        var (exitCode, output) = await SiloProcess.RunToExitAsync(command);
        Assert.Equal((1, $"AgentStream cannot start: Failed to bind to address {first.Url.ToString().TrimEnd('/')}: address already in use."), (exitCode, output.Trim()));
        Assert.Equal(["Active"], await StatusesAsync(prefix));

        SseFrame? last = null;
        while (await asking.ReadAsync() is { } frame)
        {
            last = frame;
        }

        Assert.Contains("llm-end", last?.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_and_requests_leave_no_line_in_the_log()
    {
        await using var silo = await SiloProcess.StartAsync(["--AgentStream:Demo:TokenDelay=0", .. SiloProcess.WithoutWarningsOfSlowness]);
        await Wait.Until(() => silo.Output.Contains("Chat page: ", StringComparison.Ordinal), "the silo says where its page is");
        var started = silo.Output;
        using var http = new HttpClient { BaseAddress = silo.Url };
        foreach (var session in new[] { "s1", "s2", "s1" })
        {
            using var asking = new SseReader(await SseReader.OpenAsync(http, () => SseReader.Ask(new { prompt = "what is 12*7?", session_id = session })));
            while (await asking.ReadAsync() is not null)
            {
                // To the end.
            }
        }

        Assert.NotEqual("[]", await http.GetStringAsync("chat?all=true"));
        await silo.StopAsync();
        Assert.Equal(["info: Microsoft.Hosting.Lifetime[0]", "Application is shutting down..."], silo.Output[started.Length..].Trim().Split('\n', StringSplitOptions.TrimEntries));
    }

    [Theory]
    [InlineData("SiloPort")]
    [InlineData("GatewayPort")]
    public async Task A_cluster_port_that_a_silo_has_is_refused_with_a_sentence_that_names_the_setting(string setting)
    {
        var (prefix, settings) = Settings();
        var port = $"--AgentStream:Cluster:{setting}={Ports.Free()}";
        await using var first = await SiloProcess.StartAsPrintedAsync(["--urls", AnyPort, port, .. settings]);
        var (exitCode, output) = await SiloProcess.RunToExitAsync(["--urls", AnyPort, port, .. settings]);
        Assert.Equal(1, exitCode);
        Assert.StartsWith($"AgentStream cannot start: AgentStream:Cluster:{setting}: port {port.Split('=')[1]} of 127.0.0.1 is in use", output, StringComparison.Ordinal);
        Assert.Single(output.Trim().Split('\n'));
        Assert.Equal(["Active"], await StatusesAsync(prefix));
    }

    [Fact]
    public async Task A_cluster_port_that_another_program_has_is_refused()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var (exitCode, output) = await SiloProcess.RunToExitAsync("--urls", AnyPort, $"--AgentStream:Cluster:SiloPort={port}");
        Assert.Equal(1, exitCode);
        Assert.Contains($"port {port} of 127.0.0.1 is in use", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_refused_with_its_setting()
    {
        var (_, settings) = Settings();
        var (exitCode, output) = await SiloProcess.RunToExitAsync(["--urls", AnyPort, "--AgentStream:Cluster:AdvertisedAddress=192.0.2.1", .. settings]);
        Assert.Equal(
            (1, "AgentStream cannot start: AgentStream:Cluster:AdvertisedAddress must be an address of this machine, but is '192.0.2.1'."), (exitCode, output.Trim()));
    }

    [Fact]
    public async Task A_certificate_that_is_not_there_is_one_sentence_that_names_the_setting_and_no_secret()
    {
        var (exitCode, output) = await SiloProcess.RunToExitAsync(
            "--urls", AnyPort, "--AgentStream:Cluster:Certificate=/none.p12", "--AgentStream:Cluster:CertificatePassword=S3CRET", "--AgentStream:Cluster:CertificateAuthority=/none.pem");
        Assert.Equal(
            (1, "AgentStream cannot start: AgentStream:Cluster:Certificate names '/none.p12', which cannot be read: there is no such file.; "
                + "AgentStream:Cluster:CertificateAuthority names '/none.pem', which cannot be read: there is no such file."),
            (exitCode, output.Trim()));
    }

    [Fact]
    public async Task Silos_that_were_killed_are_known_to_be_dead_before_the_next_one_joins()
    {
        var (prefix, settings) = Settings();
        var killed = new[] { await SiloProcess.StartAsPrintedAsync(["--urls", AnyPort, .. settings]), await SiloProcess.StartAsPrintedAsync(["--urls", AnyPort, .. settings]) };
        await Task.WhenAll(killed.Select(silo => silo.DisposeAsync().AsTask()));
        await using var next = await SiloProcess.StartAsPrintedAsync(["--urls", AnyPort, .. settings]);

        // Found by their silence, they would have been marked later, and not with these words.
        const string Marked = "of this machine has ended without leaving the cluster: it was marked as dead.";
        Assert.True(next.Output.Split(Marked).Length == 3, $"{next.Output}\n{string.Join('\n', killed.Select(silo => silo.Output))}");
        Assert.Equal(["Active", "Dead", "Dead"], await StatusesAsync(prefix));
    }

    [Fact]
    public async Task A_start_says_where_the_page_is_and_sessions_and_requests_say_nothing()
    {
        await using var silo = await SiloProcess.StartAsPrintedAsync(
            ["--urls", AnyPort, "--AgentStream:Demo:TokenDelay=0", .. SiloProcess.WithoutWarningsOfSlowness]);
        using var http = new HttpClient { BaseAddress = silo.Url };
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await http.PostAsJsonAsync("chat", new { prompt = "hello" })).StatusCode);
        }

        await Wait.Until(() => silo.Output.Contains($"Chat page: {silo.Url}", StringComparison.Ordinal));
        await silo.StopAsync();
        var categories = silo.Output.Split('\n').Where(line => line.Length > 4 && line[4] == ':').Select(line => line.Split('[')[0]).Distinct();
        Assert.Equal(["info: AgentStream", "info: Microsoft.Hosting.Lifetime"], categories.Order());
    }

    private (string Prefix, string[] Settings) Settings()
    {
        var prefix = RedisServer.NewPrefix();
        return (prefix, [$"--AgentStream:RedisPrefix={prefix}", $"--ConnectionStrings:redis={redis.Server.Configuration}"]);
    }

    /// <summary>How the cluster's silos are, as its list of them says.</summary>
    private async Task<IEnumerable<string>> StatusesAsync(string prefix)
    {
        using var raw = await redis.Server.ConnectAsync();
        var rows = await raw.TextsAsync("HGETALL", $"{prefix}:#cluster:{prefix}:{prefix}@{Environment.MachineName}");
        return rows.Where((row, at) => at % 2 == 1 && row!.Contains("Status", StringComparison.Ordinal))
            .Select(row => ((SiloStatus)global::System.Text.Json.JsonDocument.Parse(row!).RootElement.GetProperty("Status").GetInt32()).ToString()).Order();
    }

    /// <summary>As Orleans numbers them.</summary>
    private enum SiloStatus
    {
        None,
        Created,
        Joining,
        Active,
        ShuttingDown,
        Stopping,
        Dead,
    }
}
