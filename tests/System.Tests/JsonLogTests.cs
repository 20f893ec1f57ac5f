using System.Net;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>A silo whose console writes JSON: each line is an object, has its event's id and the ids of its run, and no secret.</summary>
public sealed class JsonLogTests
{
    private const string Secret = "hunter2hunter2";

    [Fact]
    public async Task Each_line_is_an_object_and_no_secret_is_in_it()
    {
        using var model = new RefusingModel();
        await using var silo = await SiloProcess.StartAsync(
            "--Logging:Console:FormatterName=json", "--Logging:Console:FormatterOptions:IncludeScopes=true", "--Logging:LogLevel:Microsoft.AspNetCore=Information", "--AgentStream:LogRuns=true",
            "--AgentStream:Agents:a:Model=m", $"--AgentStream:Agents:a:Endpoint={model.Url}v1");
        using var http = new HttpClient { BaseAddress = silo.Url };
        using (var asking = new SseReader(await SseReader.OpenAsync(http, () => SseReader.Ask(new { prompt = "hello", session_id = "s1" }))))
        {
            await asking.ItemsAsync();
        }

        using var answer = await http.GetAsync($"chat/password={Secret}/messages");
        await Wait.Until(() => silo.Output.Contains("is over here", StringComparison.Ordinal) && silo.Output.Contains("/messages", StringComparison.Ordinal), "the log has it all");
        await silo.StopAsync();

        var lines = silo.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.DoesNotContain(Secret, silo.Output, StringComparison.Ordinal);
        Assert.Contains("password=***", silo.Output, StringComparison.Ordinal);
        Assert.Contains(lines, line => line.GetProperty("Scopes").ToString().Contains("password=***", StringComparison.Ordinal));
        Assert.All([2000, 2012], id =>
        {
            var line = Assert.Single(lines, line => line.GetProperty("EventId").GetInt32() == id);
            Assert.Contains(line.GetProperty("Scopes").EnumerateArray(), scope => scope.TryGetProperty("Session", out var session) && session.GetString() == "1:1:s1" && scope.TryGetProperty("Run", out _));
        });
    }

    [Fact]
    public async Task By_default_nothing_is_logged_of_a_request_nor_of_a_run()
    {
        await using var silo = await SiloProcess.StartAsync(
            [
                "--Logging:Console:FormatterName=json", "--AgentStream:Demo:TokenDelay=0", "--AgentStream:Health:CheckTimeout=1m", .. SiloProcess.WithoutWarningsOfSlowness,
            ]);
        using var http = new HttpClient { BaseAddress = silo.Url };
        await Wait.Until(
            () => silo.Output.Contains("Application started", StringComparison.Ordinal) && silo.Output.Contains("Chat page:", StringComparison.Ordinal), "the start is logged");
        var before = silo.Output;
        using (var asking = new SseReader(await SseReader.OpenAsync(http, () => SseReader.Ask(new { prompt = "what is 12*7?", session_id = "s1" }))))
        {
            await asking.ItemsAsync();
        }

        Assert.Equal("[]", await http.GetStringAsync("chat"));
        using var ready = await http.GetAsync("health/ready");
        await silo.StopAsync();
        Assert.All(silo.Output[before.Length..].Split('\n', StringSplitOptions.RemoveEmptyEntries), line =>
            Assert.StartsWith("Microsoft.Hosting.Lifetime", JsonDocument.Parse(line).RootElement.GetProperty("Category").GetString(), StringComparison.Ordinal));
    }

    /// <summary>A model's endpoint that refuses the key, and repeats one.</summary>
    private sealed class RefusingModel : LocalServer
    {
        protected override Task AnswerAsync(HttpListenerContext context, JsonElement request)
        {
            context.Response.StatusCode = (int)HttpStatusCode.Unauthorized;
            return WriteAsync(context.Response, $$$"""{"error":{"message":"Incorrect API key provided. password={{{Secret}}}"}}""");
        }
    }
}
