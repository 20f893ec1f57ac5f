using AgentStream.Events;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>The samples, as processes of their own.</summary>
public sealed class SampleTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    [Fact]
    public async Task Chat_looks_the_weather_up()
    {
        await using var chat = await SiloProcess.StartProgramAsync("ChatProgram");
        using var client = new AgentStreamHttpClient(new Uri(chat.Url, "chat"));
        var run = new Transcript();
        await foreach (var item in client.AskStreamingAsync(new SessionKey(1, 1, "s1"), new RunRequest("How is the weather in Berlin?")))
        {
            run.Apply(item);
        }

        Assert.Equal("The weather is sunny, 22 °C.", run.Answer);
        var call = Assert.Single(run.Nodes.First().Parts.OfType<ToolCallPart>());
        Assert.Equal(("GetWeather", """{"city":"Berlin"}"""), (call.Name, call.Arguments.GetRawText()));
        Assert.Equal("looking up Berlin", Assert.Single(run.Items.OfType<TranscriptNote>()).Body.GetProperty("msg").GetString());
    }

    [Fact]
    public async Task Worker_starts_and_follows_its_runs_and_asks_nothing_twice()
    {
        var prefix = RedisServer.NewPrefix();
        await using var silo = await SiloProcess.StartAsync(
            "--AgentStream:Demo:TokenDelay=0", $"--AgentStream:RedisPrefix={prefix}", $"--ConnectionStrings:redis={redis.Server.Configuration}", SiloProcess.Gateway());

        // Over HTTP, and through the silo's gateway.
        Dictionary<string, string>[] ways =
        [
            new() { ["AGENTSTREAM_URL"] = new Uri(silo.Url, "chat").ToString() },
            new() { ["ConnectionStrings__redis"] = redis.Server.Configuration, ["AgentStream__RedisPrefix"] = prefix },
        ];

        foreach (var (number, way) in ways.Index())
        {
            way["WORKER_JOB"] = $"job{number}";
            var first = await WorkAsync();
            Assert.Equal(
                [$"job{number}-1: 12*7 is 84.", $"job{number}-1: calls calculate {{\"expression\":\"12*7\"}}", $"job{number}-1: started", $"job{number}-2: 1 2 3", $"job{number}-2: started"],
                first.Lines);
            Assert.Equal(0, first.ExitCode);

            var again = await WorkAsync();
            Assert.DoesNotContain(again.Lines, line => line.EndsWith("started", StringComparison.Ordinal));
            Assert.Contains($"job{number}-1: 12*7 is 84.", again.Lines);
            Assert.Contains($"job{number}-2: 1 2 3", again.Lines);

            async Task<(int ExitCode, string[] Lines)> WorkAsync()
            {
                await using var worker = ProgramProcess.Start("WorkerProgram", ["what is 12*7?", "count to 3"], way);
                var (exitCode, output, errors) = await worker.EndAsync();
                Assert.Equal("", errors);
                Assert.DoesNotContain("Orleans", output, StringComparison.Ordinal);
                return (exitCode, [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith("job", StringComparison.Ordinal)).Order(StringComparer.Ordinal)]);
            }
        }
    }
}
