using AgentStream.Events;
using AgentStream.Messages;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Testing.Tests;

public sealed class AgentTestClusterTests
{
    [Fact]
    public async Task A_run_is_recorded()
    {
        var model = new ScriptedChatClient(
            [ScriptStep.Thought("look it up"), ScriptStep.ToolCall("find_order", new { id = 7 }, "c1")],
            [ScriptStep.Text("Order 7 ", "was sent.")]);
        await using var cluster = await AgentTestCluster.StartAsync(
            agents => agents.AddAgent("shop", agent => agent.UseChatClient(_ => model).WithTool((int id, Orders orders) => orders.Find(id), "find_order")),
            services => services.AddScoped<Orders>(),
            new() { ConfigureHost = BePatient });
        var session = cluster.NewSession();

        var run = await cluster.RunAsync(session, "where is order 7?");

        Assert.Equal((RunOutcome.Answered, "Order 7 was sent.", null, null), (run.Outcome, run.Answer, run.Error, run.Reason));
        Assert.Equal(["look it up"], run.Thoughts);
        var call = Assert.Single(run.ToolCalls);
        Assert.Equal(("find_order", "c1", 7, "sent on 7 May"), (call.Name, call.CallId, call.Arguments.GetProperty("id").GetInt32(), call.ResultText));
        Assert.Equal("sent on 7 May", Assert.Single(run.ToolResults).Content.GetString());
        Assert.IsType<RunBegan>(run.Events[0]);
        Assert.True(run.Events.Select(item => item.Source.Cursor).SequenceEqual(run.Events.Select(item => item.Source.Cursor).Order()));
        Assert.Equal([typeof(ModelRequest), typeof(ModelResponse), typeof(ModelRequest), typeof(ModelResponse)], run.History.Select(message => message.GetType()));
        Assert.Equal((session, (await cluster.Client.GetSessionAsync(session))!.Run!.RunId), (run.Session, run.RunId));
        Assert.Equal("sent on 7 May", Assert.Single(model.Requests[1].ToolResults).Result?.ToString());
        Assert.Contains("Answered\nbegin {\"session_id\"", run.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_remembers_and_another_does_not()
    {
        var model = new ScriptedChatClient([ScriptStep.Text("one")], [ScriptStep.Text("two")], [ScriptStep.Text("three")]);
        await using var cluster = await StartAsync(model);
        var session = cluster.NewSession();
        await cluster.RunAsync(session, "first");
        Assert.Equal(4, (await cluster.RunAsync(session, "second")).History.Count);
        Assert.Equal(2, (await cluster.RunAsync(cluster.NewSession(), "third")).History.Count);
        Assert.Equal([1, 3, 1], model.Requests.Select(request => request.Messages.Count));
    }

    [Fact]
    public async Task A_failure_has_a_reason()
    {
        await using var cluster = await StartAsync(new ScriptedChatClient([ScriptStep.Text("half"), ScriptStep.Fail(new HttpRequestException("secret"))]));
        var run = await cluster.RunAsync(cluster.NewSession(), "go");
        Assert.Equal((RunOutcome.Failed, FailureReasons.ModelFailed), (run.Outcome, run.Reason));
        Assert.StartsWith("crashed - ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_needs_more_than_the_script_has_says_so()
    {
        await using var cluster = await StartAsync(new ScriptedChatClient());
        var run = await cluster.RunAsync(cluster.NewSession(), "go");
        Assert.Equal(
            (RunOutcome.Failed, "crashed - The script is at its end: it has 0 responses, and the model was sent request 1, with the prompt 'go'."), (run.Outcome, run.Error));
    }

    [Fact]
    public async Task A_run_can_be_canceled_after_its_first_token()
    {
        await using var cluster = await StartAsync(new ScriptedChatClient([ScriptStep.Text("one "), ScriptStep.WaitFor(new TaskCompletionSource().Task), ScriptStep.Text("two")]));
        var live = await cluster.StartRunAsync(cluster.NewSession(), "go");
        Assert.Equal("one ", await live.WaitForFirstTokenAsync());
        Assert.True(await live.CancelAsync());
        var run = await live.CompleteAsync();
        Assert.Equal((RunOutcome.Canceled, "one "), (run.Outcome, run.Answer));
        Assert.False(await live.CancelAsync());
    }

    [Fact]
    public async Task An_event_can_be_waited_for_also_when_it_has_come_and_one_that_does_not_come_is_told()
    {
        var go = new TaskCompletionSource();
        await using var cluster = await StartAsync(new ScriptedChatClient([ScriptStep.WaitFor(go.Task), ScriptStep.Text("two")]));
        var live = await cluster.StartRunAsync(cluster.NewSession(), "go");
        var token = live.WaitForFirstTokenAsync();
        Assert.False(token.IsCompleted);
        go.SetResult();
        Assert.Equal("two", await token);
        await live.CompleteAsync();
        Assert.Equal("two", await live.WaitForFirstTokenAsync());
        var missing = await Assert.ThrowsAsync<InvalidOperationException>(() => live.WaitForAsync<ToolCalled>());
        Assert.StartsWith("The run ended without a ToolCalled", missing.Message, StringComparison.Ordinal);
        Assert.Contains("llm-end", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_does_not_exist_is_told()
    {
        await using var cluster = await StartAsync(new ScriptedChatClient());
        var none = await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Follow(cluster.NewSession(), SessionKey.NewSessionId()).CompleteAsync());
        Assert.Contains("has no run", none.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_waits_can_be_answered(bool isApproved)
    {
        var paid = 0;
        var model = new ScriptedChatClient([ScriptStep.ToolCall("pay"), ScriptStep.ToolCall("pay")], [ScriptStep.Text("done")]);
        await using var cluster = await AgentTestCluster.StartAsync(
            agents => agents.AddAgent("clerk", agent => agent.UseChatClient(_ => model).WithTool(() => $"paid {Interlocked.Increment(ref paid)}", "pay", requiresApproval: true)),
            options: new() { ConfigureHost = BePatient });
        var paused = await cluster.RunAsync(cluster.NewSession(), "pay twice");
        Assert.Equal((RunOutcome.Paused, 2, 0), (paused.Outcome, paused.Requests.Count, paid));
        Assert.All(paused.ToolCalls, call => Assert.Null(call.ResultText));

        var run = isApproved ? await cluster.ApproveAsync(paused) : await cluster.DenyAsync(paused, "too much");

        Assert.Equal((RunOutcome.Answered, "done", isApproved ? 2 : 0), (run.Outcome, run.Answer, paid));
        Assert.Equal(2, run.ToolResults.Count);
        Assert.All(run.ToolResults, result => Assert.Contains(isApproved ? "paid" : "too much", result.Content.GetRawText(), StringComparison.Ordinal));
        Assert.Contains("waits for no approval", (await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.ApproveAsync(run))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_and_hosts_can_be_configured()
    {
        await using var cluster = await AgentTestCluster.StartAsync(
            agents => agents.AddAgent("scripted", agent => agent.UseChatClient(_ => new ScriptedChatClient([ScriptStep.ToolCall("again")], [ScriptStep.ToolCall("again")])).WithTool(() => 1, "again")),
            services => services.Configure<AgentStreamOptions>(options => options.MaxNodes = 1),
            new()
            {
                ConfigureHost = host =>
                {
                    BePatient(host);
                    host.Configuration["AgentStream:RuntimeOrigin"] = "mine";
                },
            });
        var run = await cluster.RunAsync(cluster.NewSession(), "go");
        Assert.Equal((FailureReasons.Limit, "mine"), (run.Reason, run.Events[0].Source.Origin));
    }

    [Fact]
    public async Task Several_silos_share_a_Redis_and_leave_no_keys()
    {
        var redis = await RedisServer.SharedAsync();
        using var raw = await redis.ConnectAsync();
        string prefix;
        await using (var cluster = await StartAsync(new ScriptedChatClient(_ => [ScriptStep.Text("hello")]), new() { Redis = redis.Configuration, Silos = 2, ConfigureHost = BePatient }))
        {
            prefix = cluster.RedisPrefix;
            Assert.Equal(2, cluster.Cluster.Silos.Count);
            var runs = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => cluster.RunAsync(cluster.NewSession(), "go")));
            Assert.All(runs, run => Assert.Equal("hello", run.Answer));
            Assert.NotEmpty(await KeysAsync());
        }

        Assert.Empty(await KeysAsync());

        Task<IReadOnlyList<string?>> KeysAsync() => raw.TextsAsync("KEYS", $"{prefix}*");
    }

    [Fact]
    public async Task Several_silos_without_a_Redis_are_refused()
    {
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(new ScriptedChatClient(), new() { Silos = 2 }));
        Assert.StartsWith("2 silos need a Redis (Redis)", refused.Message, StringComparison.Ordinal);
    }

    private static Task<AgentTestCluster> StartAsync(IChatClient model, AgentTestClusterOptions? options = null) =>
        AgentTestCluster.StartAsync(agents => agents.AddAgent("scripted", agent => agent.UseChatClient(_ => model)), options: options ?? new() { ConfigureHost = BePatient });

    /// <summary>On a busy machine a test reads a run's stream long after its end, Redis answers late, and a lease is renewed late.</summary>
    private static void BePatient(IHostApplicationBuilder host)
    {
        host.Configuration["AgentStream:GracePeriod"] = "1h";
        host.Configuration["AgentStream:RedisTimeout"] = "1m";
        host.Configuration["AgentStream:Lease"] = "5m";
    }

    private sealed class Orders
    {
        private readonly string _month = "May";

        public string Find(int id) => $"sent on {id} {_month}";
    }
}
