using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests;

/// <summary>Tools that come with a prompt over HTTP: by hand, by the client for programs outside, and by AG-UI.</summary>
public sealed class GivenToolsTests
{
    private const string Locate = """{"name":"locate","description":"Where?","parameters":{"type":"object"}}""";
    private static readonly SessionKey Key = new(1, 1, "s1");

    [Fact]
    public async Task A_call_of_one_waits_for_its_result()
    {
        await using var app = await StartAsync();
        using var http = WholeProgram.NewClient(app);
        Assert.Contains("tool-requested", await StreamAsync(http, "/chat", $$"""{"prompt":"go","session_id":"s1","tools":[{{Locate}}]}"""), StringComparison.Ordinal);

        using var content = new StringContent("""{"content":"Oslo"}""", Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync("/chat/s1/tool-results/c1", content);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await app.Services.GetRequiredService<IAgentStreamClient>().ListenRawAsync(Key).ToListAsync();
        Assert.Contains("You are in Oslo", await http.GetStringAsync("/chat/s1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_outside_gives_them_as_the_one_within_does()
    {
        await using var app = await StartAsync();
        using var outside = new AgentStreamHttpClient(new Uri(app.Urls.First() + "/chat"));
        var request = new RunRequest("go", IdempotencyKey: "k", Tools: [new("locate", "Where?", """{ "type": "object" }""")]);
        var run = await outside.StartAsync(Key, request);
        await outside.ListenRawAsync(Key).ToListAsync();

        Assert.Equal("locate", Assert.Single(await outside.GetPendingAsync(Key)).ToolName);
        Assert.Equal(run.RunId, (await app.Services.GetRequiredService<IAgentStreamClient>().StartAsync(Key, request)).RunId);
        Assert.Equal("tools[0].name", (await Assert.ThrowsAsync<InvalidInputException>(() => outside.StartAsync(Key, new RunRequest("go", Tools: [new("add")])))).Field);
        Assert.Equal("tools[0].name", (await Assert.ThrowsAsync<InvalidInputException>(() => outside.StartAsync(Key, new RunRequest("go", Tools: [new("a tool")])))).Field);
    }

    [Theory]
    [InlineData("/chat", """{"prompt":"go","session_id":"s1","tools":[{"name":"ok"},{"name":"add"}]}""")]
    [InlineData("/ag-ui", """{"threadId":"s1","runId":"r","messages":[{"role":"user","content":"go"}],"tools":[{"name":"ok"},{"name":"add"}]}""")]
    public async Task A_name_of_a_tool_of_the_agent_is_400_and_nothing_starts(string path, string body)
    {
        await using var app = await StartAsync();
        using var http = WholeProgram.NewClient(app);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(path, content);

        var problem = await Problem.OfAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal(["must not be the name of a tool that the agent has, but is 'add'"], Assert.Single(problem.Errors, error => error.Key == "tools[1].name").Value);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/chat/s1")).StatusCode);
    }

    [Fact]
    public async Task A_message_of_a_tool_answers_no_call_that_waits_for_approval()
    {
        await using var app = await StartAsync("add");
        using var http = WholeProgram.NewClient(app);
        await StreamAsync(http, "/ag-ui", """{"threadId":"s1","runId":"r","messages":[{"role":"user","content":"go"}]}""");
        var client = app.Services.GetRequiredService<IAgentStreamClient>();
        Assert.Equal(PendingRequestKind.Approval, Assert.Single(await client.GetPendingAsync(Key)).Kind);
        using var content = new StringContent(
            """{"threadId":"s1","runId":"r","messages":[{"role":"user","content":"go"},{"role":"tool","toolCallId":"c1","content":"2"}]}""", Encoding.UTF8, "application/json");
        using var response = await http.PostAsync("/ag-ui", content);

        await Problem.OfAsync(response, HttpStatusCode.NotFound);
        Assert.Single(await client.GetPendingAsync(Key));
    }

    private static async Task<string> StreamAsync(HttpClient http, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(path, content);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    private static Task<WebApplication> StartAsync(string calls = "locate") => WholeProgram.StartAsync(
        new Caller(calls), agent => agent.WithTool((int a, int b) => a + b, "add", requiresApproval: true), map: app => app.MapAgentStreamAgUi());

    /// <summary>A model that calls a tool, and says what came of it.</summary>
    private sealed class Caller(string tool) : IChatClient
    {
        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            var result = messages.Last().Contents.OfType<FunctionResultContent>().FirstOrDefault();
            yield return new(ChatRole.Assistant, [result is null ? new FunctionCallContent("c1", tool) : new TextContent($"You are in {result.Result}")])
            {
                FinishReason = result is null ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
            };
        }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
