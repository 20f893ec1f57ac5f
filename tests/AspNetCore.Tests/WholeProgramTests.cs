using System.Net;
using System.Text;
using System.Text.Json;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Streams;

namespace AgentStream.AspNetCore.Tests;

/// <summary>The edge over real sessions and Orleans, as a program of a few lines has it.</summary>
public sealed class WholeProgramTests
{
    [Fact]
    public async Task A_prompt_runs_the_agent_and_streams_what_it_says()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        using var stream = new SseReader(await PostAsync(http, """{"prompt":"greet","session_id":"s1"}"""));
        Assert.Equal(["s1"], stream.Response.Headers.GetValues("X-Session-Id"));
        Assert.Equal("""{"type":"begin","origin":"pydantic-ai-stream","body":{"session_id":"s1"}}""", await DataAsync(stream));
        Assert.Equal("""{"type":"event","origin":"pydantic-ai","body":{"idx":0,"event":"llm-begin"}}""", await DataAsync(stream));

        Assert.Equal("""[{"scope_id":1,"user_id":1,"session_id":"s1"}]""", await http.GetStringAsync("/chat"));
        using var busy = await PostAsync(http, """{"prompt":"again","session_id":"s1"}""");
        await Problem.OfAsync(busy, HttpStatusCode.Conflict);

        model.Continue.SetResult();
        var rest = await stream.ItemsAsync();
        Assert.Equal(["part_start", "answer", "part_delta", "llm-end"], rest.Select(item => EventOf(item.Data)));
        using var after = new HttpRequestMessage(HttpMethod.Get, "/chat/s1/stream") { Headers = { { "Last-Event-ID", rest[^1].EventId } } };
        using var nothing = await http.SendAsync(after);
        Assert.Equal(HttpStatusCode.NoContent, nothing.StatusCode);
    }

    [Fact]
    public async Task A_run_that_is_canceled_says_so_and_ends()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        using var stream = new SseReader(await PostAsync(http, """{"prompt":"greet","session_id":"s1"}"""));
        await model.Waits.Task.Within();

        using var canceled = await http.PostAsync("/chat/s1/cancel", null);
        Assert.Equal("""{"cancelled":true}""", await canceled.Content.ReadAsStringAsync());
        Assert.Equal("""{"type":"error","origin":"developer","body":{"msg":"canceled"}}""", (await stream.ItemsAsync())[^1].Data);
        Assert.Equal("[]", await http.GetStringAsync("/chat"));
    }

    [Fact]
    public async Task Foreign_sessions_are_refused_until_the_setting_is_on()
    {
        using var model = new TwoWords();
        await using (var app = await WholeProgram.StartAsync(model))
        {
            using var http = WholeProgram.NewClient(app);
            using var refused = await http.GetAsync("/chat?include_foreign=true");
            var problem = await Problem.OfAsync(refused, HttpStatusCode.BadRequest);
            Assert.Equal(["is off on this server; AgentStream:ListExternalSessions turns it on"], problem.Errors["include_foreign"]);
            using var outside = new AgentStreamHttpClient(new Uri(app.Urls.First() + "/chat"));
            var error = await Assert.ThrowsAsync<InvalidInputException>(() => outside.GetLiveSessionsAsync(new UserKey(1, 1), includeExternal: true));
            Assert.Contains("AgentStream:ListExternalSessions", error.Message, StringComparison.Ordinal);
        }

        await using (var app = await WholeProgram.StartAsync(model, ("AgentStream:ListExternalSessions", "true")))
        {
            using var http = WholeProgram.NewClient(app);
            Assert.Equal("[]", await http.GetStringAsync("/chat?include_foreign=true"));
        }
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    public async Task The_setting_gives_the_silo_the_streams_of_its_sessions(string setting, bool hasStreams)
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model, ("AgentStream:MirrorToStreams", setting));
        Assert.Equal(hasStreams, app.Services.GetKeyedService<IStreamProvider>(SessionStreams.ProviderName) is not null);
    }

    [Fact]
    public async Task A_program_without_a_web_server_is_a_silo_too()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration["AgentStream:Journal"] = "memory";
        using var model = new TwoWords();
        builder.AddAgentStream().AddAgent("greeter", agent => agent.UseChatClient(_ => model));
        using var host = builder.Build();
        await host.StartAsync();
        var client = host.Services.GetRequiredService<IAgentStreamClient>();
        model.Continue.SetResult();
        Assert.Equal("Hello world", await client.AskAsync(new SessionKey(1, 1, "s1"), "greet"));
        await host.StopAsync();
    }

    [Theory]
    [InlineData("true", "No agent is named 'nobody'. Registered: greeter.")]
    [InlineData("false", "No agent is named 'nobody'.")]
    public async Task An_agent_that_nobody_registered_is_not_found(string details, string told)
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model, ("AgentStream:IncludeDetailedErrors", details));
        using var http = WholeProgram.NewClient(app);
        using var response = await PostAsync(http, """{"prompt":"greet","agent":"nobody"}""");

        var problem = await Problem.OfAsync(response, HttpStatusCode.NotFound);
        Assert.Equal(told, problem.Detail);
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/chat") { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Within();
    }

    private static async Task<string?> DataAsync(SseReader stream) =>
        (await stream.NextAsync())?.Split('\n').Single(line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..];

    private static string? EventOf(string data)
    {
        using var json = JsonDocument.Parse(data);
        return json.RootElement.GetProperty("body").GetProperty("event").GetString();
    }
}
