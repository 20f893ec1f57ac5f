using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Tests.Approvals;

/// <summary>Tools that the client carries out.</summary>
public sealed class ClientToolTests
{
    [Theory]
    [InlineData("""{"lat":48.1,"lon":11.6}""", false)]
    [InlineData("\"no permission\"", true)]
    [InlineData("null", false)]
    public async Task The_run_ends_with_the_call_and_continues_with_the_clients_result(string content, bool isError)
    {
        var model = new ScriptedModel([Step.Call("c1", "locate", ("precise", true))], [Step.Say("done")]);
        await using var silos = await StartAsync(model);
        var key = TestSilos.NewSession();
        var said = await silos.RunAsync(key);
        var request = Assert.Single(await silos.Client.GetPendingAsync(key));
        Assert.Equal((PendingRequestKind.ClientTool, "c1", "locate"), (request.Kind, request.ToolCallId, request.ToolName));
        Assert.EndsWith(
            $$$"""info {"msg":"tool-requested","request_id":"{{{request.RequestId}}}","tool_call_id":"c1","tool_name":"locate","args":{"precise":true}}""" + "\nend\n", said, StringComparison.Ordinal);

        var receipt = await silos.Client.SubmitToolResultAsync(key, "c1", content, isError);
        var rest = await silos.TranscriptAsync(key);

        Assert.Equal(0, receipt.Pending);
        Assert.Contains($"\"tool_name\":\"locate\",\"tool_call_id\":\"c1\",\"content\":{content}", rest, StringComparison.Ordinal);
        Assert.Contains("\"content\":\"done\"", rest, StringComparison.Ordinal);
        Assert.Equal(receipt, await silos.Client.SubmitToolResultAsync(key, "c1", content.Replace(":", " : ", StringComparison.Ordinal), isError));
        await Assert.ThrowsAsync<RequestAnsweredException>(() => silos.Client.SubmitToolResultAsync(key, "c1", "17"));
    }

    [Fact]
    public async Task What_is_no_JSON_is_refused_and_the_call_waits()
    {
        await using var silos = await StartAsync(new ScriptedModel([Step.Call("c1", "locate")]));
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);

        Assert.Equal("content", (await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.SubmitToolResultAsync(key, "c1", "{"))).Field);
        Assert.Equal("content", (await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.SubmitToolResultAsync(key, "c1", "\"\\ud800\""))).Field);
        Assert.Single(await silos.Client.GetPendingAsync(key));
    }

    private static Task<TestSilos> StartAsync(ScriptedModel model) => TestSilos.StartAsync(
        null, model, _ => { }, agent => agent.WithTool(AIFunctionFactory.CreateDeclaration("locate", "Where the user is.", AIFunctionFactory.Create((bool precise) => precise).JsonSchema)));
}
