using System.Diagnostics;
using System.Net;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>What the silo's probes say while it drains, and while its Redis is away.</summary>
public sealed class HealthTests
{
    private const string PatientChecks = "--AgentStream:Health:CheckTimeout=1m";

    [Fact]
    public async Task A_silo_that_is_told_to_stop_is_not_ready_and_serves_until_its_delay_is_over()
    {
        // Longer than this test: the second order ends it.
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=0", "--AgentStream:Health:DrainDelay=10m", PatientChecks);
        using var http = new HttpClient { BaseAddress = silo.Url };
        await Wait.Until(async () => (await AskAsync(http, "ready")).Status == HttpStatusCode.OK, "the silo is ready");
        Assert.Equal((HttpStatusCode.OK, """{"status":"ready","checks":{"cluster":"ok","lease":"ok","streams":"ok","journal":"ok"}}"""), await AskAsync(http, "ready"));

        await silo.SignalAsync();
        await Wait.Until(async () => (await AskAsync(http, "ready")).Status == HttpStatusCode.ServiceUnavailable, "the silo says that it is not ready");
        Assert.Equal("""{"status":"draining","checks":{}}""", (await AskAsync(http, "ready")).Text);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(http, "live")).Status);
        using (var asking = new SseReader(await SseReader.OpenAsync(http, () => SseReader.Ask(new { prompt = "what is 12*7?", session_id = "s" }))))
        {
            var frames = await asking.ItemsAsync();
            Assert.Contains("llm-end", frames[^1].Data, StringComparison.Ordinal);
        }

        Assert.Null(silo.ExitCode);
        await silo.StopAsync();
    }

    [Fact]
    public async Task The_delay_ends_by_itself()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Health:DrainDelay=500ms");

        // An order that comes during the start has no delay.
        await Wait.Until(() => silo.Output.Contains("Application started", StringComparison.Ordinal), "the silo has started");
        var began = Stopwatch.GetTimestamp();
        await silo.StopAsync();
        Assert.True(Stopwatch.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(500));
        Assert.Contains("It is not ready any more, and serves for 0.5 s", silo.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_without_its_Redis_lives_and_is_ready_again_when_that_is_back()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var silo = await SiloProcess.StartAsync($"--ConnectionStrings:redis={redis.Configuration}", PatientChecks);
        using var http = new HttpClient { BaseAddress = silo.Url };
        await Wait.Until(async () => (await AskAsync(http, "ready")).Status == HttpStatusCode.OK, "the silo is ready");

        redis.Kill();
        await Wait.Until(async () => (await AskAsync(http, "ready")).Status == HttpStatusCode.ServiceUnavailable, "the silo is not ready");
        var (_, text) = await AskAsync(http, "ready");
        Assert.StartsWith("""{"status":"not_ready","checks":{"cluster":"ok",""", text, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", text, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, """{"status":"live","checks":{"services":"ok"}}"""), await AskAsync(http, "live"));

        await redis.RestartAsync();
        await Wait.Until(async () => (await AskAsync(http, "ready")).Status == HttpStatusCode.OK, "the silo is ready again");
        await Wait.Until(() => silo.Output.Contains("Ready again.", StringComparison.Ordinal), "the log says so");
        Assert.Contains("Not ready: ", silo.Output, StringComparison.Ordinal);
    }

    private static async Task<(HttpStatusCode Status, string Text)> AskAsync(HttpClient http, string probe)
    {
        using var answer = await http.GetAsync($"health/{probe}").Within("the probe is answered");
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
