using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using AgentStream.TestTools;

namespace AgentStream.Deploy.Tests.Proxy;

/// <summary>What passes the proxy.</summary>
public sealed class StreamTests(SilosBehindProxy silos) : IClassFixture<SilosBehindProxy>
{
    [Fact]
    public async Task Events_pass_one_by_one_and_a_cursor_continues_the_stream()
    {
        var seen = new List<SseFrame>();
        using (var asking = new SseReader(await SseReader.OpenAsync(silos.Http, () => SseReader.Ask(new { prompt = "hello", session_id = "steps", agent = "stepped" }))))
        {
            // The model says the next word only when this one is here: nothing on the way keeps one back.
            foreach (var word in (string[])["one ", "two ", "three "])
            {
                silos.Model.Say(word);
                await ReadUntilAsync(asking, word);
            }
        }

        // The client has left, and comes back after its cursor, through whichever silo the proxy chooses.
        silos.Model.Say("four ");
        using var again = new SseReader(await SseReader.OpenAsync(silos.Http, () => Task.FromResult(
            new HttpRequestMessage(HttpMethod.Get, "chat/steps/stream") { Headers = { { "Last-Event-ID", seen[^1].Id } } })));
        await ReadUntilAsync(again, "four ");
        silos.Model.Say("five ");
        await ReadUntilAsync(again, "five ");
        silos.Model.End();
        while (await again.ReadAsync() is { } frame)
        {
            seen.Add(frame);
        }

        Assert.Equal(seen.Select(frame => frame.Id).Distinct(), seen.Select(frame => frame.Id));
        string[] words = ["one ", "two ", "three ", "four ", "five "];
        Assert.All(words, word => Assert.Single(seen, frame => frame.Data.Contains($"\"{word}\"", StringComparison.Ordinal)));

        async Task ReadUntilAsync(SseReader reader, string word)
        {
            do
            {
                seen.Add((await reader.ReadAsync())!);
            }
            while (!seen[^1].Data.Contains($"\"{word}\"", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Bodies_pass_up_to_the_silos_own_limits()
    {
        using var prompt = await silos.Http.PostAsJsonAsync("chat", new { prompt = "count to 3 " + new string('x', 990_000), session_id = "long", agent = "demo" }).Within("the prompt is answered");
        Assert.True(prompt.StatusCode == HttpStatusCode.OK, await prompt.Content.ReadAsStringAsync());

        // Eight messages of 2 MB: 15.3 of the 16 MiB.
        var messages = Enumerable.Range(0, 8).Select(at => new { kind = "request", parts = new[] { new { part_kind = "user-prompt", content = new string('y', 2_000_000) } } }).ToArray();
        using var import = await silos.Http.PutAsJsonAsync("chat/imported/messages", messages).Within("the import is answered");
        Assert.True(import.StatusCode == HttpStatusCode.NoContent, await import.Content.ReadAsStringAsync());

        // The silo itself refuses what is longer, in its own words.
        using var tooLong = await silos.Http.PostAsJsonAsync("chat", new { prompt = new string('x', 1_100_000), session_id = "long", agent = "demo" }).Within("the prompt is answered");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, tooLong.StatusCode);
        Assert.Equal("application/problem+json", tooLong.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("health/ready")]
    [InlineData("health/live")]
    [InlineData("metrics")]
    [InlineData("dashboard")]
    public async Task What_is_not_for_users_does_not_pass(string path)
    {
        using var answer = await silos.Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);

        // The silo has the first three.
        using var direct = new HttpClient { BaseAddress = silos.Silos[0].Url, DefaultRequestHeaders = { Authorization = silos.Http.DefaultRequestHeaders.Authorization } };
        using var there = await direct.GetAsync(path);
        Assert.Equal(path == "dashboard" ? HttpStatusCode.NotFound : HttpStatusCode.OK, there.StatusCode);
    }

    [Fact]
    public async Task The_images_health_check_asks_the_silo()
    {
        var words = Yaml.Read("deploy/compose.yaml").Single().At("x-silo", "healthcheck", "test").Items().Select(word => word.ToString()).ToList();
        Assert.Equal(["CMD", "bash", "-c"], words.Take(3));
        var port = silos.Silos[0].Url!.Port.ToString(CultureInfo.InvariantCulture);
        await Tool.RunAsync("bash", "/", "-c", words[3].Replace("/8080 ", $"/{port} ", StringComparison.Ordinal));

        // It fails where nothing listens, and where the path is another.
        var nobody = Ports.Free().ToString(CultureInfo.InvariantCulture);
        await Assert.ThrowsAnyAsync<Exception>(() => Tool.RunAsync("bash", "/", "-c", words[3].Replace("/8080 ", $"/{nobody} ", StringComparison.Ordinal)));
        await Assert.ThrowsAnyAsync<Exception>(() => Tool.RunAsync("bash", "/", "-c", words[3].Replace("/8080 ", $"/{port} ", StringComparison.Ordinal).Replace("/live", "/none", StringComparison.Ordinal)));

        // The Dockerfile has the same.
        Assert.Contains(words[3].Replace("\\", "\\\\", StringComparison.Ordinal), Repository.Read("deploy/Dockerfile"), StringComparison.Ordinal);
    }
}
