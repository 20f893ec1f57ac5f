using System.Text;
using AgentStream.Events;

namespace AgentStream.Client.Tests.Events;

public sealed class TranscriptTests
{
    [Fact]
    public void A_run_with_a_tool_call_is_two_nodes_a_result_and_an_answer()
    {
        var transcript = Golden.Fold(Golden.ToolCall);
        var nodes = transcript.Nodes.ToList();
        Assert.Equal(("s1", new Cursor(12, 0), "12*7 is 84."), (transcript.SessionId, transcript.Cursor, transcript.Answer));
        Assert.Equal("I need a tool.", Assert.IsType<ThinkingPart>(nodes[0].Parts[0]).Text);
        var call = Assert.IsType<ToolCallPart>(nodes[0].Parts[1]);
        Assert.Equal("84", transcript.ResultOf(call)?.Content.GetString());
        Assert.Equal("12*7 is 84.", Assert.IsType<TextPart>(Assert.Single(nodes[1].Parts)).Text);
        Assert.True(nodes[0].IsEnded && nodes[1].IsEnded);

        // As long as nobody says that no more comes, more may come.
        Assert.Equal((false, RunOutcome.Unknown), (transcript.IsEnded, transcript.Outcome));
        transcript.End();
        Assert.Equal((true, RunOutcome.Answered), (transcript.IsEnded, transcript.Outcome));
    }

    [Fact]
    public void What_was_there_already_is_shown_once()
    {
        var transcript = Golden.Fold(Golden.ToolCall);
        Assert.All(Golden.Stream(Golden.ToolCall), item => Assert.False(transcript.Apply(AgentEvent.Read(item))));
        Assert.Equal("12*7 is 84.", transcript.Answer);
    }

    [Fact]
    public void A_node_that_begins_again_supersedes_itself_and_all_behind_it()
    {
        var transcript = Golden.Fold($$"""
            {{Golden.ToolCall}}
            info {"msg":"resumed","idx":0}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"No tool this time."}
            """);
        Assert.Equal("No tool this time.", Assert.Single(transcript.Nodes).Text);
        Assert.Equal("""{"msg":"resumed","idx":0}""", Assert.IsType<TranscriptNote>(transcript.Items[0]).Body.GetRawText());
    }

    [Fact]
    public void Nodes_before_the_one_that_begins_again_stay()
    {
        var transcript = Golden.Fold($$"""
            {{Golden.ToolCall}}
            event {"idx":1,"event":"llm-begin"}
            event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"calculate","tool_call_id":"c1","content":"84, again"}
            """);
        var call = transcript.Nodes.First().Parts.OfType<ToolCallPart>().Single();
        Assert.Equal("84, again", transcript.ResultOf(call)?.Content.GetString());
        Assert.Equal((2, ""), (transcript.Nodes.Count(), transcript.Answer));
    }

    [Fact]
    public void Another_begin_supersedes_everything()
    {
        var transcript = Golden.Fold($$"""
            {{Golden.ToolCall}}
            error {"msg":"crashed - no model","reason":"model_failed","reference":"0123456789ab"}
            end
            begin {"session_id":"s1"}
            """);
        Assert.Empty(transcript.Items);
        Assert.Equal((null, false, RunOutcome.Unknown), (transcript.Error, transcript.IsEnded, transcript.Outcome));
        Assert.Equal((null, null), (transcript.Reason, transcript.Reference));
    }

    [Fact]
    public void The_same_id_in_two_calls_has_each_its_own_result()
    {
        var transcript = Golden.Fold("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"time","tool_call_id":"c","args":{}}
            event {"idx":1,"event":"llm-begin"}
            event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"time","tool_call_id":"c","content":1}
            event {"idx":1,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"time","tool_call_id":"c","args":{}}
            event {"idx":2,"event":"llm-begin"}
            event {"idx":2,"event":"part_start","part_kind":"tool-return","tool_name":"time","tool_call_id":"c","content":2}
            event {"idx":2,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"time","tool_call_id":"c","args":{}}
            """);
        Assert.Equal(
            ["1", "2", null],
            transcript.Nodes.SelectMany(node => node.Parts).Cast<ToolCallPart>().Select(call => transcript.ResultOf(call)?.Content.GetRawText()));
    }

    [Theory]
    [InlineData("""error {"msg":"canceled"}""", RunOutcome.Canceled)]
    [InlineData("""error {"msg":"crashed - no model"}""", RunOutcome.Failed)]
    [InlineData("""error {"msg":"a tool of mine is unwell"}""", RunOutcome.Answered)]
    [InlineData("""info {"msg":"canceled"}""", RunOutcome.Answered)]
    public void Only_the_runtimes_own_errors_end_a_run(string note, RunOutcome outcome)
    {
        var transcript = Golden.Fold($"{Golden.ToolCall}\n{note}\nend");
        Assert.Equal(outcome, transcript.Outcome);
        Assert.Equal(outcome != RunOutcome.Answered, transcript.Error is not null);
    }

    [Fact]
    public void A_run_that_stops_in_the_middle_has_not_answered()
    {
        var lines = Golden.ToolCall.Split('\n');
        foreach (var length in Enumerable.Range(0, lines.Length))
        {
            var transcript = Golden.Fold(string.Join('\n', lines.Take(length)));
            transcript.End();
            Assert.Equal(RunOutcome.Unknown, transcript.Outcome);
        }
    }

    [Fact]
    public void Who_begins_to_read_in_the_middle_sees_the_rest()
    {
        Assert.Equal("*7 is 84.", Golden.Fold("""event {"idx":1,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"*7 is 84."}""").Answer);
    }

    [Fact]
    public void A_history_has_its_prompts_too()
    {
        var transcript = Transcript.OfHistory(new SessionSnapshot("what is 12*7?", false, "canceled", Encoding.UTF8.GetBytes("""
            [
              {"kind":"request","parts":[{"part_kind":"system-prompt","content":"Do sums."},{"part_kind":"user-prompt","content":"what is 12*7?"}]},
              {"kind":"response","parts":[{"part_kind":"thinking","content":"A tool."},{"part_kind":"later","x":1},{"part_kind":"tool-call","tool_name":"calculate","args":"{\"expression\":\"12*7\"}","tool_call_id":"c1"}]},
              {"kind":"request","parts":[{"part_kind":"tool-return","tool_name":"calculate","tool_call_id":"c1","content":84}]},
              {"kind":"response","parts":[{"part_kind":"text","content":"84."}]},
              {"kind":"request","parts":[{"part_kind":"user-prompt","content":["look",{"kind":"image-url","url":"http://x"}]}]},
              {"kind":"response","parts":[{"part_kind":"text","content":"Nice."},{"part_kind":"tool-call","tool_name":"t","args":null,"tool_call_id":"c2"}]}
            ]
            """)));
        var nodes = transcript.Nodes.ToList();
        Assert.Equal(["what is 12*7?", null, "look\n[image-url]"], nodes.Select(node => node.Prompt));
        var call = nodes[0].Parts.OfType<ToolCallPart>().Single();
        Assert.Equal(("12*7", 84), (call.Arguments.GetProperty("expression").GetString(), transcript.ResultOf(call)?.Content.GetInt32()));
        Assert.Equal(["", "84.", "Nice."], nodes.Select(node => node.Text));
        Assert.Equal(("canceled", true), (transcript.Error, transcript.IsEnded));
    }

    [Fact]
    public void A_history_may_be_as_deep_as_JSON_may_be_here()
    {
        var deep = new string('[', 990) + new string(']', 990);
        var transcript = Transcript.OfHistory(new SessionSnapshot("deep", false, null, Encoding.UTF8.GetBytes($$$"""
            [
              {"kind":"request","parts":[{"part_kind":"user-prompt","content":"dig"}]},
              {"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"t","args":{"a":{{{deep}}}},"tool_call_id":"c1"},{"part_kind":"tool-call","tool_name":"t","args":"{\"a\":{{{deep}}}}","tool_call_id":"c2"}]}
            ]
            """)));
        Assert.All(transcript.Nodes.Single().Parts.Cast<ToolCallPart>(), call => Assert.Equal(deep, call.Arguments.GetProperty("a").GetRawText()));
    }
}
