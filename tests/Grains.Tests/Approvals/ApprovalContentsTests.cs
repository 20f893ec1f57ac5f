using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Tests.Approvals;

public sealed class ApprovalContentsTests
{
    private static readonly PendingRequest Pay = new("r-0", PendingRequestKind.Approval, "c1", "pay", """{"amount":5}""");

    [Fact]
    public void A_request_becomes_a_content_and_its_response_the_answer()
    {
        var content = Pay.ToContent();
        Assert.Equal("r-0", content.RequestId);
        var call = Assert.IsType<FunctionCallContent>(content.ToolCall);
        Assert.Equal(("c1", "pay", "5"), (call.CallId, call.Name, ((JsonElement)call.Arguments!["amount"]!).GetRawText()));

        Assert.Equal(new ApprovalAnswer("r-0", IsApproved: true), content.CreateResponse(approved: true, "fine").ToAnswer());
        Assert.Equal(new ApprovalAnswer("r-0", IsApproved: false, "too dear"), content.CreateResponse(approved: false, "too dear").ToAnswer());
    }

    [Fact]
    public void A_call_for_the_client_needs_no_approval_and_its_result_is_the_answer()
    {
        var locate = Pay with { Kind = PendingRequestKind.ClientTool, ToolName = "locate" };
        Assert.Throws<ArgumentException>(() => locate.ToContent());
        Assert.Equal("locate", locate.ToCall().Name);

        Assert.Equal(new ToolResultAnswer("c1", """{"lat":48.1}"""), new FunctionResultContent("c1", new { lat = 48.1 }).ToAnswer());
        Assert.Equal(new ToolResultAnswer("c1", "null"), new FunctionResultContent("c1", null).ToAnswer());
        Assert.Equal(new ToolResultAnswer("c1", "\"no permission\"", IsError: true), new FunctionResultContent("c1", null) { Exception = new InvalidOperationException("no permission") }.ToAnswer());
    }
}
