using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Tests.Approvals;

/// <summary>A policy that decides which calls need a person.</summary>
public sealed class PolicyTests
{
    private int _calls;

    [Theory]
    [InlineData("not needed", false, 1, 0, "7")]
    [InlineData("not needed", true, 0, 1, null)]
    [InlineData("approved", false, 1, 0, "7")]
    [InlineData("approved", true, 1, 0, "7")]
    [InlineData("ask", false, 0, 1, null)]
    [InlineData("ask", true, 0, 1, null)]
    [InlineData("denied", false, 0, 0, "not on Sundays")]
    [InlineData("denied", true, 0, 0, "not on Sundays")]
    [InlineData("fails", false, 0, 0, "The tool pay failed: out of order")]
    [InlineData("fails", true, 0, 0, "The tool pay failed: out of order")]
    public async Task Its_verdict_counts(string says, bool toolAsks, int calls, int requests, string? result)
    {
        ApprovalQuestion? asked = null;
        var model = new ScriptedModel([Step.Call("c1", "pay", ("amount", 7))], [Step.Say("done")]);
        await using var silos = await TestSilos.StartAsync(null, model, _ => { }, agent => agent.WithTool(Pay, "pay", requiresApproval: toolAsks).WithApproval((question, _) =>
        {
            asked = question;
            return new(says switch
            {
                "approved" => ApprovalVerdict.Approved,
                "ask" => ApprovalVerdict.AskUser,
                "denied" => ApprovalVerdict.Denied("not on Sundays"),
                "fails" => throw new InvalidOperationException("out of order"),
                _ => ApprovalVerdict.NotNeeded,
            });
        }));
        var key = TestSilos.NewSession();

        await silos.RunAsync(key);

        Assert.Equal((calls, requests), (_calls, (await silos.Client.GetPendingAsync(key)).Count));
        Assert.Equal(("pay", "c1", """{"amount":7}""", toolAsks, key), (asked!.ToolName, asked.ToolCallId, asked.Arguments.GetRawText(), asked.RequiresApproval, asked.Deps.Key));
        if (result is not null)
        {
            Assert.Equal(result, model.Requests.Last().Messages[^1].Contents.OfType<FunctionResultContent>().Single().Result!.ToString());
        }
    }

    private int Pay(int amount)
    {
        _calls++;
        return amount;
    }
}
