using AgentStream.AspNetCore.Protocols.AiSdk;

namespace AgentStream.AspNetCore.Tests.FrontEnds;

public sealed class UiMessageRendererTests
{
    [Fact]
    public void The_protocols_example_is_a_message_of_two_steps() => Assert.Equal(
        [
            """1-0.1 {"type":"start","messageId":"s1:1-0"}""",
            """3-0.1 {"type":"start-step"}""",
            """3-0.2 {"type":"reasoning-start","id":"3-0"}""",
            """3-0.3 {"type":"reasoning-delta","id":"3-0","delta":"I need"}""",
            """4-0.1 {"type":"reasoning-delta","id":"3-0","delta":" a tool."}""",
            """5-0.1 {"type":"reasoning-end","id":"3-0"}""",
            """5-0.2 {"type":"tool-input-start","toolCallId":"c1","toolName":"calculate","providerExecuted":true}""",
            """5-0.3 {"type":"tool-input-available","toolCallId":"c1","toolName":"calculate","input":{"expression":"12*7"},"providerExecuted":true}""",
            """8-0.1 {"type":"tool-output-available","toolCallId":"c1","output":"84","providerExecuted":true}""",
            """9-0.1 {"type":"finish-step"}""",
            """9-0.2 {"type":"start-step"}""",
            """9-0.3 {"type":"text-start","id":"9-0"}""",
            """9-0.4 {"type":"text-delta","id":"9-0","delta":"12"}""",
            """11-0.1 {"type":"text-delta","id":"9-0","delta":"*7 is 84."}""",
            """12-0.1 {"type":"text-end","id":"9-0"}""",
            """{"type":"finish-step"}""",
            """{"type":"finish"}""",
            "[DONE]",
        ],
        Render(Run.Example));

    [Fact]
    public void A_node_that_begins_again_resets_its_step_and_no_other() => Assert.Equal(
        [
            """6-0.1 {"type":"tool-output-available","toolCallId":"c1","output":[1],"providerExecuted":true}""",
            """7-0.1 {"type":"finish-step"}""",
            """7-0.2 {"type":"start-step"}""",
            """7-0.3 {"type":"reasoning-start","id":"7-0"}""",
            """7-0.4 {"type":"reasoning-delta","id":"7-0","delta":"Hm"}""",
            """8-0.1 {"type":"reasoning-end","id":"7-0"}""",
            """8-0.2 {"type":"text-start","id":"8-0"}""",
            """8-0.3 {"type":"text-delta","id":"8-0","delta":"12"}""",
            """10-0.1 {"type":"text-end","id":"8-0"}""",
            """10-0.2 {"type":"tool-input-start","toolCallId":"c2","toolName":"time","providerExecuted":true}""",
            """10-0.3 {"type":"tool-input-available","toolCallId":"c2","toolName":"time","input":{"zone":"utc"},"providerExecuted":true}""",
            """11-0.1 {"type":"data-info","data":{"msg":"resumed","idx":1}}""",
            """12-0.1 {"type":"reset-step"}""",
            """14-0.1 {"type":"tool-input-start","toolCallId":"c2","toolName":"time","providerExecuted":true}""",
            """14-0.2 {"type":"tool-input-available","toolCallId":"c2","toolName":"time","input":{"zone":"cet"},"providerExecuted":true}""",
            """17-0.1 {"type":"tool-output-available","toolCallId":"c2","output":"noon","providerExecuted":true}""",
        ],
        Render(Run.Resumed)[4..^3]);

    [Fact]
    public void Before_version_7_it_has_a_step_of_its_own() => Assert.Equal(
        ["""14-0.1 {"type":"finish-step"}""", """14-0.2 {"type":"start-step"}"""],
        Render(Run.Resumed, major: 6)[16..18]);

    [Fact]
    public void A_node_that_had_shown_nothing_resets_nothing() => Assert.DoesNotContain(
        Render(
        [
            """begin {}""", """event {"idx":0,"event":"llm-begin"}""", """info {"msg":"resumed","idx":0}""", """event {"idx":0,"event":"llm-begin"}""",
            """event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"One"}""",
        ]),
        frame => frame.Contains("reset-step", StringComparison.Ordinal));

    [Theory]
    [InlineData(7, "interrupted")]
    [InlineData(6, "other")]
    public void A_canceled_run_is_aborted(int major, string reason) => Assert.Equal(
        [
            """{"type":"text-end","id":"3-0"}""", """{"type":"finish-step"}""", """{"type":"abort","reason":"canceled"}""",
            $$"""{"type":"finish","finishReason":"{{reason}}"}""", "[DONE]",
        ],
        Render(Run.Failed("canceled"), major)[^5..]);

    [Fact]
    public void A_crashed_run_is_an_error() => Assert.Equal(
        ["""{"type":"text-end","id":"3-0"}""", """{"type":"finish-step"}""", """{"type":"error","errorText":"crashed - no"}""", "[DONE]"],
        Render(Run.Failed("crashed - no"))[^4..]);

    [Fact]
    public void Why_a_run_failed_comes_beside_its_error_and_stays_in_no_message() => Assert.Equal(
        [
            """{"type":"data-failure","data":{"msg":"crashed - no","reason":"limit","reference":"0123456789ab"},"transient":true}""",
            """{"type":"error","errorText":"crashed - no"}""", "[DONE]",
        ],
        Render(Run.Failed("crashed - no\",\"reason\":\"limit\",\"reference\":\"0123456789ab"))[^3..]);

    [Theory]
    [InlineData("careful")]
    [InlineData("crashed - but continued")]
    public void An_error_that_ends_nothing_is_data(string message) => Assert.Equal(
        [
            $$$"""{"type":"data-error","data":{"msg":"{{{message}}}"}}""", """{"type":"text-delta","id":"3-0","delta":" two"}""",
            """{"type":"text-end","id":"3-0"}""", """{"type":"finish-step"}""", """{"type":"finish"}""", "[DONE]",
        ],
        Render([.. Run.Failed(message), """event {"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":" two"}"""])[^6..]
            .Select(frame => frame[frame.IndexOfAny(['{', '['])..]));

    [Fact]
    public void A_result_of_an_earlier_runs_call_is_not_shown() => Assert.Equal(
        ["""1-0.1 {"type":"start","messageId":"s1:1-0"}""", """{"type":"finish"}""", "[DONE]"],
        Render(
        [
            """begin {}""", """event {"idx":0,"event":"llm-begin"}""",
            """event {"idx":0,"event":"part_start","part_kind":"tool-return","tool_name":"t","tool_call_id":"old","content":"interrupted"}""",
        ]));

    [Fact]
    public void A_new_run_ends_the_stream_of_the_one_whose_end_was_missed() => Assert.Equal(
        ["""{"type":"error","errorText":"The end of this run was missed: the session has a new run."}""", "[DONE]"],
        Render([.. Run.Failed("careful"), """begin {}""", """event {"idx":0,"event":"llm-begin"}"""])[^2..]);

    [Fact]
    public void A_run_that_never_began_is_an_error() =>
        Assert.Equal(["""{"type":"error","errorText":"This run was dropped before it began."}""", "[DONE]"], Render([]));

    [Fact]
    public void Behind_each_frame_come_those_that_follow_it()
    {
        foreach (var events in (string[][])[Run.Example, Run.Resumed, Run.Failed("canceled"), Run.Failed("careful")])
        {
            var whole = Render(events);
            foreach (var (i, place) in Run.Places(whole).Index())
            {
                Assert.Equal(whole[(i + 1)..], Render(events, after: place));
            }
        }
    }

    [Fact]
    public void Text_arrives_as_it_is_on_one_line() => Assert.Contains(
        """3-0.3 {"type":"text-delta","id":"3-0","delta":"é\n\r\"<>"}""",
        Render(["begin {}", """event {"idx":0,"event":"llm-begin"}""", "event {\n\"idx\":0,\"event\":\"part_start\",\"event_idx\":0,\"part_kind\":\"text\",\"content\":\"é\\n\\r\\\"<>\"}"]));

    // As in .NET's typed events: what lacks something that its kind has is nothing that is known here.
    [Fact]
    public void An_event_that_lacks_something_or_that_nobody_knows_stops_nothing() => Assert.Equal(
        [
            """7-0.1 {"type":"data-note","data":null}""", """8-0.1 {"type":"data-word","data":{}}""", """9-0.1 {"type":"start-step"}""",
            """9-0.2 {"type":"tool-input-start","toolCallId":"d","toolName":"t","providerExecuted":true}""",
            """9-0.3 {"type":"tool-input-available","toolCallId":"d","toolName":"t","input":null,"providerExecuted":true}""",
        ],
        Render(
        [
            "begin {}", """event {"event":"llm-begin"}""", "event 7", """event {"idx":0,"event":"new"}""", """event {"idx":0,"event":"llm-begin"}""",
            """event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_call_id":"c"}""", "note null", "word ",
            """event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"t","tool_call_id":"d"}""",
        ])[1..^3]);

    // Kimi counts anew in each response, llama.cpp gives all calls one id.
    [Fact]
    public void Calls_of_later_responses_with_the_same_id_have_ids_and_results_of_their_own() => Assert.Equal(
        [
            """{"type":"tool-input-start","toolCallId":"t:0","toolName":"t","providerExecuted":true}""",
            """{"type":"tool-input-available","toolCallId":"t:0","toolName":"t","input":{"n":1},"providerExecuted":true}""",
            """{"type":"tool-output-available","toolCallId":"t:0","output":"one","providerExecuted":true}""",
            """{"type":"tool-input-start","toolCallId":"t:0~6-0","toolName":"t","providerExecuted":true}""",
            """{"type":"tool-input-available","toolCallId":"t:0~6-0","toolName":"t","input":{"n":2},"providerExecuted":true}""",
            """{"type":"tool-input-start","toolCallId":"t:0~11-0","toolName":"t","providerExecuted":true}""",
            """{"type":"tool-input-available","toolCallId":"t:0~11-0","toolName":"t","input":{"n":2},"providerExecuted":true}""",
            """{"type":"tool-output-available","toolCallId":"t:0~11-0","output":"two","providerExecuted":true}""",
        ],
        Render(Run.SameIds).Where(frame => frame.Contains("tool-", StringComparison.Ordinal)).Select(frame => frame[(frame.IndexOf(' ', StringComparison.Ordinal) + 1)..]));

    [Fact]
    public void A_result_that_a_cancel_left_to_the_next_run_is_not_taken_for_that_of_a_new_call_with_its_id()
    {
        var frames = Render(
        [
            "begin {}", """event {"idx":0,"event":"llm-begin"}""",
            """event {"idx":0,"event":"part_start","part_kind":"tool-return","tool_name":"t","tool_call_id":"t:0","content":"interrupted"}""",
            """event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"t","tool_call_id":"t:0","args":{}}""",
            """event {"idx":0,"event":"llm-end"}""", """event {"idx":1,"event":"llm-begin"}""",
            """event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"t","tool_call_id":"t:0","content":"done"}""",
        ]);
        Assert.DoesNotContain(frames, frame => frame.Contains("interrupted", StringComparison.Ordinal));
        Assert.Contains("""7-0.1 {"type":"tool-output-available","toolCallId":"t:0~4-0","output":"done","providerExecuted":true}""", frames);
    }

    private static string[] Render(IEnumerable<string> events, int major = 7, string? after = null) =>
        Run.Render(events, frames => new UiMessageRenderer(frames, "s1", major), after);
}
