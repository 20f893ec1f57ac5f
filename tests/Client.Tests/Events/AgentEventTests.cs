using AgentStream.Events;

namespace AgentStream.Client.Tests.Events;

public sealed class AgentEventTests
{
    [Fact]
    public void The_example_of_the_protocol_is_read()
    {
        var events = Golden.Stream(Golden.ToolCall).ConvertAll(AgentEvent.Read);
        Assert.Equal(
            [
                typeof(RunBegan), typeof(NodeBegan), typeof(ThinkingStarted), typeof(ThinkingDelta), typeof(ToolCalled), typeof(NodeEnded),
                typeof(NodeBegan), typeof(ToolReturned), typeof(TextStarted), typeof(AnswerBegan), typeof(TextDelta), typeof(NodeEnded),
            ],
            events.Select(item => item.GetType()));
        Assert.Equal("s1", ((RunBegan)events[0]).SessionId);
        Assert.Equal((0, 0, "I need"), events[2] is ThinkingStarted thinking ? (thinking.Node, thinking.Part, thinking.Text) : default);
        var call = (ToolCalled)events[4];
        Assert.Equal((0, 1, "calculate", "c1", """{"expression":"12*7"}"""), (call.Node, call.Part, call.Name, call.CallId, call.Arguments.GetRawText()));
        var result = (ToolReturned)events[7];
        Assert.Equal((1, "calculate", "c1", "84"), (result.Node, result.Name, result.CallId, result.Content.GetString()));
        Assert.Equal((1, 0, "*7 is 84."), events[10] is TextDelta delta ? (delta.Node, delta.Part, delta.Text) : default);
        Assert.Equal(new Cursor(11, 0), events[10].Source.Cursor);
    }

    [Fact]
    public void Notes_have_their_message_if_there_is_one()
    {
        Assert.Equal("resumed", ((InfoAdded)Read("""info {"msg":"resumed","idx":1}""")).Message);
        Assert.Null(((InfoAdded)Read("""info ["any","json"]""")).Message);
        Assert.Null(((InfoAdded)Read("""info {"msg":7}""")).Message);
        Assert.Null(((InfoAdded)Read("info")).Message);
        Assert.Equal("\ufffd", ((InfoAdded)Read("""info {"msg":"\ud800"}""")).Message);

        var canceled = (ErrorAdded)Read("""error {"msg":"canceled"}""");
        Assert.True(canceled.IsCanceled && !canceled.IsCrashed);
        var crashed = (ErrorAdded)Read("""error {"msg":"crashed - no model"}""");
        Assert.True(crashed.IsCrashed && !crashed.IsCanceled);
        Assert.Equal((null, null), (crashed.Reason, crashed.Reference));
        var failed = (ErrorAdded)Read("""error {"msg":"crashed - no model","reason":"model_failed","reference":"0123456789ab"}""");
        Assert.Equal((FailureReasons.ModelFailed, "0123456789ab"), (failed.Reason, failed.Reference));
        Assert.Equal((null, null), (((ErrorAdded)Read("""error ["any"]""")).Reason, ((ErrorAdded)Read("""error {"reason":7,"reference":{}}""")).Reference));
        var other = (ErrorAdded)Read("""error {"msg":"a tool of mine is unwell"}""");
        Assert.False(other.IsCrashed || other.IsCanceled);
    }

    [Fact]
    public void The_end_is_one_with_and_without_a_body()
    {
        Assert.IsType<RunEnded>(Read("end"));
        Assert.IsType<RunEnded>(Read("end {}"));
    }

    [Theory]
    [InlineData("""later {"session_id":"s1"}""")]
    [InlineData("begin {}")]
    [InlineData("event")]
    [InlineData("event []")]
    [InlineData("event {")]
    [InlineData("""event {"idx":0,"event":"llm-pause"}""")]
    [InlineData("""event {"idx":-1,"event":"llm-begin"}""")]
    [InlineData("""event {"idx":"0","event":"llm-begin"}""")]
    [InlineData("""event {"idx":99999999999,"event":"llm-begin"}""")]
    [InlineData("""event {"event":"llm-begin"}""")]
    [InlineData("""event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"image","content":"..."}""")]
    [InlineData("""event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text"}""")]
    [InlineData("""event {"idx":0,"event":"part_start","part_kind":"text","content":"no number"}""")]
    [InlineData("""event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"t"}""")]
    [InlineData("""event {"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"audio","content_delta":"..."}""")]
    public void What_is_not_known_is_kept_as_it_is(string line)
    {
        var source = Golden.Event(line, new Cursor(7, 1));
        Assert.Same(source, Assert.IsType<UnknownEvent>(AgentEvent.Read(source)).Source);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_replaced() =>
        Assert.Equal("a\ufffd", ((TextStarted)Read("""event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"a\ud800"}""")).Text);

    [Fact]
    public void Fields_that_are_not_known_do_no_harm()
    {
        Assert.Equal("hi", ((TextStarted)Read("""event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"hi","mood":{"a":[1]}}""")).Text);
    }

    [Fact]
    public void Arguments_and_results_may_be_as_deep_as_JSON_may_be_here()
    {
        var deep = new string('[', 996) + new string(']', 996);
        Assert.IsType<ToolCalled>(Read($$"""event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"t","tool_call_id":"c","args":{{deep}}}"""));
        Assert.IsType<ToolReturned>(Read($$"""event {"idx":0,"event":"part_start","part_kind":"tool-return","tool_name":"t","tool_call_id":"c","content":{{deep}}}"""));
        deep = new string('[', 1000) + new string(']', 1000);
        Assert.IsType<UnknownEvent>(Read($$"""event {"idx":0,"event":"part_start","part_kind":"tool-return","tool_name":"t","tool_call_id":"c","content":{{deep}}}"""));
    }

    private static AgentEvent Read(string line) => AgentEvent.Read(Golden.Event(line));
}
