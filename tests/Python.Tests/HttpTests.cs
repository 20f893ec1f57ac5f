using System.Net;
using System.Net.ServerSentEvents;
using AgentStream.Grains.Hosting;
using AgentStream.GrainTesting;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.Python.Tests;

/// <summary>The HTTP edge and runs that Python writes.</summary>
public sealed class HttpTests
{
    [Fact]
    public async Task A_browser_follows_lists_and_cancels_a_Python_run()
    {
        await using var stage = await Stage.OpenAsync();
        await using var app = await StartAsync(stage);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        await using var python = stage.Write();
        await python.DoAsync("start", "node", """event {"idx":0,"event":"answer","n":"Füße"}""", "bare info");
        await using var listener = stage.Listen();
        await stage.PythonWaitsAsync();
        using var response = await http.GetAsync($"/chat/{stage.Key.Session}/stream", HttpCompletionOption.ResponseHeadersRead).Within();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var session = $$"""{"scope_id":1,"user_id":1,"session_id":"{{stage.Key.Session}}"}""";
        Assert.Equal($"[{session}]", await http.GetStringAsync("/chat?include_foreign=true").Within());

        using var canceled = await http.PostAsync($"/chat/{stage.Key.Session}/cancel", null).Within();

        Assert.Equal("""{"cancelled":true}""", await canceled.Content.ReadAsStringAsync());
        Assert.Equal("canceled", await python.AskAsync("node"));
        var parser = SseParser.Create(await response.Content.ReadAsStreamAsync().Within());
        var frames = await Task.Run(async () => await parser.EnumerateAsync().ToListAsync()).Within();
        Assert.Equal(5, frames.Count);
        Wire.Equal(await listener.RestAsync(), [.. frames.Select(frame => frame.Data)]);
        using var after = await http.GetAsync($"/chat/{stage.Key.Session}/stream?after={frames[^1].EventId}").Within();
        Assert.Equal(HttpStatusCode.NoContent, after.StatusCode);
    }

    private static async Task<WebApplication> StartAsync(Stage stage)
    {
        var builder = WebApplication.CreateBuilder(
            [$"--ConnectionStrings:redis={stage.Redis}", $"--AgentStream:RedisPrefix={stage.Silos.Prefix}", "--AgentStream:ListExternalSessions=true"]);
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddAgentStream()
            .AddAgent("scripted", agent => agent.UseChatClient(_ => new ScriptedModel([Step.Say("ok")])));
        var app = builder.Build();
        app.MapAgentStream("/chat");
        await app.StartAsync();
        return app;
    }
}
