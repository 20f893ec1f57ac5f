using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests;

/// <summary>Answers to what a session waits for, over HTTP: by hand, and by the client for programs outside.</summary>
public sealed class AnswersTests
{
    private static readonly SessionKey Key = new(1, 1, "s1");

    private readonly List<int> _paid = [];

    [Fact]
    public async Task A_session_shows_what_it_waits_for_and_an_approval_continues_it()
    {
        await using var app = await StartAsync();
        using var http = WholeProgram.NewClient(app);
        var request = await AskedAsync(http);
        Assert.False(request.TryGetProperty("expires_at", out _));
        Assert.Equal(("approval", "c1", "pay", """{"amount":5}"""), (Text(request, "kind"), Text(request, "tool_call_id"), Text(request, "tool_name"), request.GetProperty("args").GetRawText()));
        var path = $"/chat/s1/approvals/{Text(request, "request_id")}";

        var (status, receipt) = await PostAsync(http, path, """{"approved":true,"remember":"tool"}""");

        Assert.Equal((HttpStatusCode.OK, 0), (status, receipt.GetProperty("pending").GetInt32()));
        using var stream = new SseReader(await http.GetAsync("/chat/s1/stream", HttpCompletionOption.ResponseHeadersRead));
        Assert.Contains("done", string.Concat((await stream.ItemsAsync()).Select(item => item.Data)), StringComparison.Ordinal);
        Assert.Equal([5], _paid);
        var session = await SessionAsync(http);
        Assert.Equal(Text(receipt, "run_id"), session.GetProperty("run").GetProperty("run_id").GetString());
        Assert.Equal(0, session.GetProperty("pending").GetArrayLength());

        var again = await PostAsync(http, path, """{"approved":true,"remember":"tool"}""");
        Assert.Equal((HttpStatusCode.OK, receipt.GetRawText()), (again.Status, again.Body.GetRawText()));
        var other = await PostAsync(http, path, """{"approved":false}""");
        Assert.Equal((HttpStatusCode.Conflict, "request_id"), (other.Status, FieldOf(other.Body)));

        var rule = session.GetProperty("approval_rules")[0];
        Assert.Equal(("pay", JsonValueKind.Null), (Text(rule, "tool_name"), rule.GetProperty("args").ValueKind));
        Assert.Equal(HttpStatusCode.NoContent, (await http.DeleteAsync($"/chat/s1/approval-rules/{Text(rule, "rule_id")}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.DeleteAsync($"/chat/s1/approval-rules/{Text(rule, "rule_id")}")).StatusCode);
    }

    [Theory]
    [InlineData("approvals/{0}", "{}", HttpStatusCode.BadRequest, "approved")]
    [InlineData("approvals/{0}", """{"approved":"yes"}""", HttpStatusCode.BadRequest, "approved")]
    [InlineData("approvals/{0}", """{"approved":true,"args":{"amount":"five"}}""", HttpStatusCode.BadRequest, "args/amount")]
    [InlineData("approvals/{0}", """{"approved":true,"args":[]}""", HttpStatusCode.BadRequest, "args")]
    [InlineData("approvals/{0}", """{"approved":false,"args":{}}""", HttpStatusCode.BadRequest, "args")]
    [InlineData("approvals/{0}", """{"approved":true,"remember":"all"}""", HttpStatusCode.BadRequest, "remember")]
    [InlineData("approvals/{0}", """{"approved":true,"reasons":""}""", HttpStatusCode.BadRequest, "reasons")]
    [InlineData("approvals/unknown", """{"approved":true}""", HttpStatusCode.NotFound, "request_id")]
    [InlineData("tool-results/c1", """{"content":1}""", HttpStatusCode.NotFound, "request_id")]
    [InlineData("tool-results/c1", "{}", HttpStatusCode.BadRequest, "content")]
    [InlineData("tool-results/c1", """{"content":1,"is_error":1}""", HttpStatusCode.BadRequest, "is_error")]
    public async Task A_wrong_answer_names_the_field_and_changes_nothing(string path, string body, HttpStatusCode status, string field)
    {
        await using var app = await StartAsync();
        using var http = WholeProgram.NewClient(app);
        var request = await AskedAsync(http);

        var answer = await PostAsync(http, $"/chat/s1/{string.Format(null, CompositeFormat.Parse(path), Text(request, "request_id"))}", body);

        Assert.Equal((status, field), (answer.Status, FieldOf(answer.Body)));
        Assert.Equal(request.GetRawText(), Assert.Single((await SessionAsync(http)).GetProperty("pending").EnumerateArray()).GetRawText());
        Assert.Empty(_paid);
    }

    [Fact]
    public async Task The_client_outside_sees_and_does_what_the_one_within_does()
    {
        await using var app = await StartAsync();
        var inside = app.Services.GetRequiredService<IAgentStreamClient>();
        using var outside = new AgentStreamHttpClient(new Uri(app.Urls.First() + "/chat"));
        await inside.AskStreamingAsync(Key, new RunRequest("go")).ToListAsync();
        var request = Assert.Single(await outside.GetPendingAsync(Key));
        Assert.Equal(Assert.Single(await inside.GetPendingAsync(Key)), request);
        Assert.Equal("unknown", (await Assert.ThrowsAsync<UnknownRequestException>(() => outside.ApproveAsync(Key, "unknown"))).Request);
        await Assert.ThrowsAsync<UnknownRequestException>(() => outside.SubmitToolResultAsync(Key, "c1", "{}"));
        Assert.Equal("args/amount", (await Assert.ThrowsAsync<InvalidInputException>(() => outside.ApproveAsync(Key, request.RequestId, """{"amount":null}"""))).Field);
        Assert.Equal("args", (await Assert.ThrowsAsync<InvalidInputException>(() => outside.ApproveAsync(Key, request.RequestId, "{"))).Field);

        var receipt = await outside.ApproveAsync(Key, request.RequestId, """{"amount":4}""", ApprovalMemory.Call);

        Assert.Equal(receipt, await inside.ApproveAsync(Key, request.RequestId, """{ "amount": 4 }""", ApprovalMemory.Call));
        Assert.Equal(request.RequestId, (await Assert.ThrowsAsync<RequestAnsweredException>(() => outside.DenyAsync(Key, request.RequestId))).Request);
        await inside.ListenRawAsync(Key).ToListAsync();
        Assert.Equal([4], _paid);
        var rule = Assert.Single((await outside.GetSessionAsync(Key))!.Rules);
        Assert.Equal(new ApprovalRule(request.RequestId, "pay", """{"amount":4}"""), rule);
        Assert.True(await outside.RevokeRuleAsync(Key, rule.RuleId));
        Assert.False(await outside.RevokeRuleAsync(Key, rule.RuleId));
    }

    [Fact]
    public async Task A_session_shows_when_a_call_expires_to_those_outside_and_within()
    {
        await using var app = await StartAsync(("AgentStream:ApprovalTimeout", "1h"));
        using var http = WholeProgram.NewClient(app);
        var request = await AskedAsync(http);
        Assert.Equal(["request_id", "kind", "tool_call_id", "tool_name", "args", "expires_at"], request.EnumerateObject().Select(field => field.Name));
        Assert.EndsWith("Z", Text(request, "expires_at"), StringComparison.Ordinal);
        var expiresAt = request.GetProperty("expires_at").GetDateTimeOffset();
        Assert.InRange(expiresAt, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddHours(1));

        using var outside = new AgentStreamHttpClient(new Uri(app.Urls.First() + "/chat"));
        var pending = Assert.Single(await outside.GetPendingAsync(Key));
        Assert.Equal((expiresAt, TimeSpan.Zero), (pending.ExpiresAt, pending.ExpiresAt!.Value.Offset));
        Assert.Equal(Assert.Single(await app.Services.GetRequiredService<IAgentStreamClient>().GetPendingAsync(Key)), pending);
    }

    [Fact]
    public async Task Another_users_answer_finds_nothing()
    {
        await using var app = await StartAsync();
        using var http = WholeProgram.NewClient(app);
        var request = await AskedAsync(http);
        var client = app.Services.GetRequiredService<IAgentStreamClient>();

        await Assert.ThrowsAsync<UnknownRequestException>(() => client.ApproveAsync(new SessionKey(1, 2, "s1"), Text(request, "request_id")!));
        Assert.Null(await client.GetSessionAsync(new SessionKey(1, 2, "s1")));
        Assert.Empty(_paid);
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static string FieldOf(JsonElement problem) => problem.GetProperty("errors").EnumerateObject().Single().Name;

    private static async Task<JsonElement> SessionAsync(HttpClient http) => JsonElement.Parse(await http.GetStringAsync("/chat/s1"));

    private static async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(HttpClient http, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(path, content);
        return (response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync()));
    }

    private static async Task<JsonElement> AskedAsync(HttpClient http)
    {
        using var content = new StringContent("""{"prompt":"go","session_id":"s1"}""", Encoding.UTF8, "application/json");
        using var stream = new SseReader(await http.PostAsync("/chat", content));
        Assert.Contains("approval-requested", (await stream.ItemsAsync())[^1].Data, StringComparison.Ordinal);
        return Assert.Single((await SessionAsync(http)).GetProperty("pending").EnumerateArray());
    }

    private Task<WebApplication> StartAsync(params (string Name, string Value)[] settings) => WholeProgram.StartAsync(
        new Payer(),
        agent => agent.WithTool(
            (int amount) =>
            {
                _paid.Add(amount);
                return amount;
            },
            "pay",
            requiresApproval: true),
        settings);

    /// <summary>A model that pays, and then is done.</summary>
    private sealed class Payer : IChatClient
    {
        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            var isPaid = messages.Last().Contents.Any(content => content is FunctionResultContent);
            yield return new(ChatRole.Assistant, [isPaid ? new TextContent("done") : new FunctionCallContent("c1", "pay", new Dictionary<string, object?> { ["amount"] = 5 })])
            {
                FinishReason = isPaid ? ChatFinishReason.Stop : ChatFinishReason.ToolCalls,
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
