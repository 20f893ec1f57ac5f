using System.Globalization;
using System.Text;
using AgentStream.Events;

namespace AgentStream.Client.Tests.Events;

/// <summary>What the stream says of calls that wait.</summary>
public sealed class RequestEventTests
{
    private const string Asked = """{"msg":"approval-requested","request_id":"r-0","tool_call_id":"c1","tool_name":"pay","args":{"amount":5}}""";

    [Fact]
    public void The_runtimes_requests_and_answers_are_typed()
    {
        Assert.Equal(new PendingRequest("r-0", PendingRequestKind.Approval, "c1", "pay", """{"amount":5}"""), ((RequestOpened)Read(Asked)).Request);
        Assert.Equal(PendingRequestKind.ClientTool, ((RequestOpened)Read(Asked.Replace("approval-requested", "tool-requested", StringComparison.Ordinal))).Request.Kind);
        Assert.Equal(("r-0", "pay", true), Closed("""{"msg":"approval-decided","request_id":"r-0","tool_call_id":"c1","tool_name":"pay","approved":true}"""));
        Assert.Equal(("r-0", "pay", false), Closed("""{"msg":"approval-decided","request_id":"r-0","tool_call_id":"c1","tool_name":"pay","approved":false,"reason":"no"}"""));
        Assert.Equal(("r-0", "pay", null), Closed("""{"msg":"tool-answered","request_id":"r-0","tool_call_id":"c1","tool_name":"pay"}"""));

        static (string, string, bool?) Closed(string body) => Read(body) is RequestClosed closed ? (closed.RequestId, closed.ToolName, closed.IsApproved) : default;
    }

    [Theory]
    [InlineData("\"2026-03-04T05:06:07.5Z\"", "2026-03-04T05:06:07.5+00:00")]
    [InlineData("\"2026-03-04T07:06:07+02:00\"", "2026-03-04T05:06:07+00:00")]
    [InlineData("\"soon\"", null)]
    [InlineData("7", null)]
    [InlineData("null", null)]
    public void A_request_says_when_it_expires(string written, string? read)
    {
        var request = ((RequestOpened)Read(Asked.Replace("}}", "},\"expires_at\":" + written + "}", StringComparison.Ordinal))).Request;
        Assert.Equal(read is null ? null : DateTimeOffset.Parse(read, CultureInfo.InvariantCulture), request.ExpiresAt);
        Assert.Equal(TimeSpan.Zero, request.ExpiresAt?.Offset ?? TimeSpan.Zero);
    }

    [Theory]
    [InlineData(Asked, "developer")]
    [InlineData("[]", "agentstream")]
    [InlineData("7", "agentstream")]
    [InlineData("""{"msg":"resumed","idx":0}""", "agentstream")]
    [InlineData("""{"msg":"approval-requested","request_id":7,"tool_call_id":"c1","tool_name":"pay"}""", "agentstream")]
    [InlineData("""{"msg":"approval-requested","tool_call_id":"c1","tool_name":"pay"}""", "agentstream")]
    [InlineData("""{"msg":"something else","request_id":"r-0","tool_call_id":"c1","tool_name":"pay"}""", "agentstream")]
    public void Anything_else_is_a_note(string body, string origin) => Assert.Equal(typeof(InfoAdded), Read(body, origin).GetType());

    [Fact]
    public void A_run_that_ends_with_requests_has_paused()
    {
        var transcript = Golden.Fold("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"pay","tool_call_id":"c1","args":{"amount":5}}
            event {"idx":0,"event":"llm-end"}
            """);
        transcript.Apply(Read(Asked));
        Assert.Equal(RunOutcome.Unknown, transcript.Outcome);
        transcript.End();
        Assert.Equal(RunOutcome.Paused, transcript.Outcome);
        Assert.Equal("r-0", Assert.Single(transcript.Requests).RequestId);

        transcript.Apply(AgentEvent.Read(new StreamEntry(new Cursor(1000, 0), Protocol.Begin, "", Encoding.UTF8.GetBytes("""{"session_id":"s1"}"""))));
        Assert.Empty(transcript.Requests);
    }

    private static AgentEvent Read(string body, string origin = Protocol.AgentStreamOrigin) =>
        AgentEvent.Read(new StreamEntry(new Cursor(999, 0), Protocol.Info, origin, Encoding.UTF8.GetBytes(body)));
}
