using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary><c>agentstream top</c> as operators have it: beside a silo, and over HTTP.</summary>
public sealed class CliTopTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    [Fact]
    public async Task Beside_a_silo_it_shows_the_silo_and_its_runs_and_over_http_the_callers_own()
    {
        var prefix = RedisServer.NewPrefix();
        await using var silo = await SiloProcess.StartAsync(
            "--AgentStream:Demo:TokenDelay=00:00:00.010", $"--AgentStream:RedisPrefix={prefix}", $"--ConnectionStrings:redis={redis.Server.Configuration}", SiloProcess.Gateway());
        using var http = new HttpClient { BaseAddress = silo.Url };
        using var asking = await SseReader.OpenAsync(http, () => SseReader.Ask(new { prompt = "count to 100000", session_id = "long" }));

        var (exitCode, json, errors) = await RunAsync(["top", "--json", "--redis", redis.Server.Configuration], prefix);
        Assert.Equal((0, ""), (exitCode, errors));
        var look = JsonElement.Parse(json);
        var (shown, run) = (Assert.Single(look.GetProperty("silos").EnumerateArray()), Assert.Single(look.GetProperty("runs").EnumerateArray()));
        Assert.Equal("active", shown.GetProperty("status").GetString());
        Assert.Equal((1, 1), (shown.GetProperty("runs").GetInt32(), shown.GetProperty("listeners").GetInt32()));
        Assert.Equal(("long", "1:1", shown.GetProperty("address").GetString()), (run.GetProperty("session_id").GetString(), run.GetProperty("user").GetString(), run.GetProperty("silo").GetString()));

        var table = await RunAsync(["top", "--once", "--redis", redis.Server.Configuration], prefix);
        Assert.Matches(@"(?s)silo +address +status +up +runs .* active .*session +user +agent .*\n +long +1:1 .*1 live run, ", table.Output);
        var own = await RunAsync(["top", "--url", silo.Url.ToString()], prefix);
        Assert.Matches(@"(?s)\A[\s]*session +title.*\n +long +count to 100000.*1 live run, ", own.Output);
        var wrong = await RunAsync(["top", "--interval", "0"], prefix);
        Assert.Equal((2, ""), (wrong.ExitCode, wrong.Output));
        Assert.StartsWith("--interval must be a whole number from 1 to 3600\n", wrong.Errors, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string[] arguments, string prefix)
    {
        await using var program = ProgramProcess.Start("CliProgram", arguments, new() { ["AgentStream__RedisPrefix"] = prefix });
        return await program.EndAsync();
    }
}
