using AgentStream.Events;
using AgentStream.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace MyAgent.Tests;

public sealed class SupportAgentTests
{
    [Fact]
    public async Task An_order_is_looked_up()
    {
        var model = new ScriptedChatClient(
            [ScriptStep.ToolCall("find_order", new { number = 7 })],
            [ScriptStep.Text("It was sent ", "on Monday.")]);
        await using var cluster = await StartAsync(model);

        var run = await cluster.RunAsync(cluster.NewSession(), "Where is order 7?");

        Assert.Equal(RunOutcome.Answered, run.Outcome);
        Assert.Equal("It was sent on Monday.", run.Answer);
        Assert.Equal("Order 7 was sent on Monday.", Assert.Single(run.ToolCalls).ResultText);
    }

    [Fact]
    public async Task An_order_that_does_not_exist_is_told_to_the_model()
    {
        var model = new ScriptedChatClient(
            [ScriptStep.ToolCall("find_order", new { number = 1 })],
            [ScriptStep.Text("I cannot find it.")]);
        await using var cluster = await StartAsync(model);

        var run = await cluster.RunAsync(cluster.NewSession(), "Where is order 1?");

        Assert.Equal("I cannot find it.", run.Answer);
        Assert.Contains("There is no order 1.", Assert.Single(run.ToolCalls).ResultText);
    }

    private static Task<AgentTestCluster> StartAsync(ScriptedChatClient model) => AgentTestCluster.StartAsync(
        agents => agents.AddAgent("support", agent => SupportAgent.Configure(agent).UseChatClient(_ => model)),
        services => services.AddScoped<Orders>());
}
