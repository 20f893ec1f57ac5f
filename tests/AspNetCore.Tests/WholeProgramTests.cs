using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using AgentStream.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;

namespace AgentStream.AspNetCore.Tests;

/// <summary>The edge over real sessions and the engine, as a program of a few lines has it.</summary>
public sealed class WholeProgramTests
{
    [Fact]
    public async Task A_prompt_runs_the_agent_and_streams_what_it_says()
    {
        using var model = new TwoWords();
        await using var app = await StartAsync(model);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
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
        await using var app = await StartAsync(model);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        using var stream = new SseReader(await PostAsync(http, """{"prompt":"greet","session_id":"s1"}"""));
        await model.Waits.Task.Within();

        using var canceled = await http.PostAsync("/chat/s1/cancel", null);
        Assert.Equal("""{"cancelled":true}""", await canceled.Content.ReadAsStringAsync());
        Assert.Equal("""{"type":"error","origin":"developer","body":{"msg":"canceled"}}""", (await stream.ItemsAsync())[^1].Data);
        Assert.Equal("[]", await http.GetStringAsync("/chat"));
    }

    [Fact]
    public async Task An_agent_that_nobody_registered_is_not_found()
    {
        using var model = new TwoWords();
        await using var app = await StartAsync(model);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        using var response = await PostAsync(http, """{"prompt":"greet","agent":"nobody"}""");

        var problem = await Problem.OfAsync(response, HttpStatusCode.NotFound);
        Assert.Equal("No agent is named 'nobody'. Registered: greeter.", problem.Detail);
    }

    private static async Task<WebApplication> StartAsync(TwoWords model)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddAgentStream(silo => silo.UseLocalhostClustering(Ports.Free(), Ports.Free()))
            .AddAgent("greeter", agent => agent.UseChatClient(_ => model));

        var app = builder.Build();
        app.MapAgentStream("/chat");
        await app.StartAsync();
        return app;
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

    /// <summary>A model that says one word when it is told to go on, and another right after.</summary>
    private sealed class TwoWords : IChatClient
    {
        public TaskCompletionSource Waits { get; } = new();

        public TaskCompletionSource Continue { get; } = new();

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Waits.TrySetResult();
            await Continue.Task.WaitAsync(cancellationToken);
            yield return new ChatResponseUpdate(ChatRole.Assistant, "Hello");
            yield return new ChatResponseUpdate(ChatRole.Assistant, " world");
        }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException("Runs stream.");

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
