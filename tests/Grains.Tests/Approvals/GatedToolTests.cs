using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Tests.Approvals;

/// <summary>How tools that need approval look from outside.</summary>
public sealed class GatedToolTests
{
    private static readonly Step[] CallPay = [Step.Call("c1", "pay", ("amount", 5))];

    private readonly List<int> _paid = [];

    [Fact]
    public async Task The_chat_client_gets_such_a_tool_as_a_declaration_that_it_cannot_call()
    {
        var model = new ScriptedModel(CallPay);
        await using var silos = await TestSilos.StartAsync(
            null, model, _ => { }, agent => agent.WithTool(Pay, "pay", requiresApproval: true).WithTool(() => 1, "look"));
        await silos.RunAsync(TestSilos.NewSession());

        var tools = model.Requests.Single().Options!.Tools!;
        Assert.Equal(["pay", "look"], tools.Select(tool => tool.Name));
        Assert.IsNotType<AIFunction>(tools[0], exactMatch: false);
        Assert.IsType<AIFunctionDeclaration>(tools[0], exactMatch: false);
        Assert.IsType<AIFunction>(tools[1], exactMatch: false);
    }

    [Fact]
    public async Task A_tool_of_a_provider_that_needs_approval_waits_too_also_where_a_wrapper_hides_it()
    {
        var function = new Wrapper(new ApprovalRequiredAIFunction(AIFunctionFactory.Create((int amount) => Pay(amount), "pay")));
        await using var silos = await TestSilos.StartAsync(
            null, new ScriptedModel(CallPay, [Step.Say("done")]), _ => { }, agent => agent.WithToolProvider("the bank", _ => new Source(function)));
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);
        var request = Assert.Single(await silos.Client.GetPendingAsync(key));
        Assert.Equal("args/amount", (await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.ApproveAsync(key, request.RequestId, """{"amount":"five"}"""))).Field);

        await silos.Client.ApproveAsync(key, request.RequestId);
        await silos.TranscriptAsync(key);

        Assert.Equal([5], _paid);
    }

    [Fact]
    public async Task The_request_after_an_approval_is_valid_each_call_has_one_result_and_nothing_stands_between()
    {
        var model = new ScriptedModel([Step.Say("Let me see."), Step.Call("c1", "pay", ("amount", 5)), Step.Call("c2", "look")], [Step.Say("done")]);
        await using var silos = await TestSilos.StartAsync(
            null, model, _ => { }, agent => agent.WithTool(Pay, "pay", requiresApproval: true).WithTool(() => 1, "look"));
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);
        await silos.Client.ApproveAsync(key, Assert.Single(await silos.Client.GetPendingAsync(key)).RequestId);
        await silos.TranscriptAsync(key);

        var messages = model.Requests.Last().Messages;
        Assert.Equal([ChatRole.User, ChatRole.Assistant, ChatRole.Tool], messages.Select(message => message.Role));
        Assert.Equal(["c1", "c2"], messages[1].Contents.OfType<FunctionCallContent>().Select(call => call.CallId));
        Assert.Equal(["c1", "c2"], messages[2].Contents.Cast<FunctionResultContent>().Select(result => result.CallId));
    }

    [Fact]
    public void A_tool_of_the_client_cannot_have_the_name_of_one_that_needs_approval()
    {
        var agent = new AgentBuilder().WithTool(Pay, "pay", requiresApproval: true);
        Assert.Throws<ArgumentException>(() => agent.WithTool(AIFunctionFactory.CreateDeclaration("pay", null, AIFunctionFactory.Create(Pay).JsonSchema)));
    }

    private int Pay(int amount)
    {
        _paid.Add(amount);
        return amount;
    }

    private sealed class Wrapper(AIFunction inner) : DelegatingAIFunction(inner);

    private sealed class Source(AITool tool) : IToolProvider
    {
        public ValueTask<IReadOnlyList<AITool>> GetToolsAsync(CancellationToken cancellationToken) => new([tool]);
    }
}
