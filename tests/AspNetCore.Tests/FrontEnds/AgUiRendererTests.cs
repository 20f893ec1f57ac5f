using AgentStream.AspNetCore.Protocols.AgUi;

namespace AgentStream.AspNetCore.Tests.FrontEnds;

public sealed class AgUiRendererTests
{
    private const string Started = """{"type":"RUN_STARTED","threadId":"s1","runId":"r1","protocolVersion":"1.0"}""";

    [Fact]
    public void The_protocols_example_has_a_step_a_node_and_one_message_for_a_nodes_calls() => Assert.Equal(
        [
            $"1-0.1 {Started}",
            """2-0.1 {"type":"STEP_STARTED","stepName":"node 0"}""",
            """3-0.1 {"type":"REASONING_START","messageId":"3-0"}""",
            """3-0.2 {"type":"REASONING_MESSAGE_START","messageId":"3-0","role":"reasoning"}""",
            """3-0.3 {"type":"REASONING_MESSAGE_CONTENT","messageId":"3-0","delta":"I need"}""",
            """4-0.1 {"type":"REASONING_MESSAGE_CONTENT","messageId":"3-0","delta":" a tool."}""",
            """5-0.1 {"type":"REASONING_MESSAGE_END","messageId":"3-0"}""",
            """5-0.2 {"type":"REASONING_END","messageId":"3-0"}""",
            """5-0.3 {"type":"TOOL_CALL_START","toolCallId":"c1","toolCallName":"calculate","parentMessageId":"2-0"}""",
            """5-0.4 {"type":"TOOL_CALL_ARGS","toolCallId":"c1","delta":"{\"expression\":\"12*7\"}"}""",
            """5-0.5 {"type":"TOOL_CALL_END","toolCallId":"c1"}""",
            """7-0.1 {"type":"STEP_FINISHED","stepName":"node 0"}""",
            """7-0.2 {"type":"STEP_STARTED","stepName":"node 1"}""",
            """8-0.1 {"type":"TOOL_CALL_RESULT","messageId":"8-0","toolCallId":"c1","content":"84","role":"tool"}""",
            """9-0.1 {"type":"TEXT_MESSAGE_START","messageId":"7-0","role":"assistant"}""",
            """9-0.2 {"type":"TEXT_MESSAGE_CONTENT","messageId":"7-0","delta":"12"}""",
            """11-0.1 {"type":"TEXT_MESSAGE_CONTENT","messageId":"7-0","delta":"*7 is 84."}""",
            """12-0.1 {"type":"TEXT_MESSAGE_END","messageId":"7-0"}""",
            """{"type":"STEP_FINISHED","stepName":"node 1"}""",
            """{"type":"RUN_FINISHED","threadId":"s1","runId":"r1","outcome":{"type":"success"}}""",
        ],
        Render(Run.Example));

    [Fact]
    public void A_node_that_begins_again_names_the_messages_that_it_supersedes() => Assert.Equal(
        [
            """11-0.1 {"type":"CUSTOM","name":"info","value":{"msg":"resumed","idx":1}}""",
            """12-0.1 {"type":"STEP_FINISHED","stepName":"node 1"}""",
            """12-0.2 {"type":"CUSTOM","name":"superseded","value":{"messageIds":["7-0","5-0"]}}""",
            """12-0.3 {"type":"STEP_STARTED","stepName":"node 1"}""",
            """14-0.1 {"type":"TOOL_CALL_START","toolCallId":"c2~14-0","toolCallName":"time","parentMessageId":"12-0"}""",
            """14-0.2 {"type":"TOOL_CALL_ARGS","toolCallId":"c2~14-0","delta":"{\"zone\":\"cet\"}"}""",
            """14-0.3 {"type":"TOOL_CALL_END","toolCallId":"c2~14-0"}""",
            """16-0.1 {"type":"STEP_FINISHED","stepName":"node 1"}""",
            """16-0.2 {"type":"STEP_STARTED","stepName":"node 2"}""",
            """17-0.1 {"type":"TOOL_CALL_RESULT","messageId":"17-0","toolCallId":"c2~14-0","content":"noon","role":"tool"}""",
        ],
        Render(Run.Resumed).SkipWhile(frame => !frame.StartsWith("11-0", StringComparison.Ordinal)).SkipLast(2));

    [Fact]
    public void A_result_that_is_no_text_is_its_JSON() => Assert.Contains(
        """6-0.1 {"type":"TOOL_CALL_RESULT","messageId":"6-0","toolCallId":"c1","content":"[1]","role":"tool"}""", Render(Run.Resumed));

    [Fact]
    public void A_canceled_run_has_that_outcome() => Assert.Equal(
        [
            """{"type":"TEXT_MESSAGE_END","messageId":"2-0"}""", """{"type":"STEP_FINISHED","stepName":"node 0"}""",
            """{"type":"RUN_FINISHED","threadId":"s1","runId":"r1","outcome":{"type":"cancelled"}}""",
        ],
        Render(Run.Failed("canceled"))[^3..]);

    [Fact]
    public void A_crashed_run_is_a_run_error() => Assert.Equal(
        """{"type":"RUN_ERROR","message":"crashed - no","code":"crashed"}""", Render(Run.Failed("crashed - no"))[^1]);

    [Fact]
    public void Why_a_run_failed_comes_beside_its_error() => Assert.Equal(
        """{"type":"RUN_ERROR","message":"crashed - no","code":"crashed","rawEvent":{"msg":"crashed - no","reason":"limit","reference":"0123456789ab"}}""",
        Render(Run.Failed("crashed - no\",\"reason\":\"limit\",\"reference\":\"0123456789ab"))[^1]);

    [Fact]
    public void An_error_that_ends_nothing_is_custom() => Assert.Contains(
        """4-0.1 {"type":"CUSTOM","name":"error","value":{"msg":"careful"}}""", Render(Run.Failed("careful")));

    [Fact]
    public void A_new_run_ends_the_stream_of_the_one_whose_end_was_missed() => Assert.Equal(
        """{"type":"RUN_ERROR","message":"The end of this run was missed: the session has a new run.","code":"missed"}""",
        Render([.. Run.Failed("careful"), """begin {}""", """event {"idx":0,"event":"llm-begin"}"""])[^1]);

    [Fact]
    public void A_run_that_never_began_is_a_run_error() =>
        Assert.Equal(["""{"type":"RUN_ERROR","message":"This run was dropped before it began.","code":"dropped"}"""], Render([]));

    [Fact]
    public void Behind_each_frame_a_new_stream_opens_what_is_open_and_goes_on()
    {
        foreach (var events in (string[][])[Run.Example, Run.Resumed, Run.Failed("canceled"), Run.Failed("careful")])
        {
            var whole = Render(events);
            foreach (var (i, place) in Run.Places(whole).Index())
            {
                var rest = Render(events, after: place);
                Assert.Equal(Started, rest[0]);
                Assert.Equal(whole[(i + 1)..], rest[^(whole.Length - i - 1)..]);
                Assert.Equal(OpenAfter(whole[..(i + 1)]), rest[1..^(whole.Length - i - 1)]);
            }
        }
    }

    [Fact]
    public void Behind_a_place_of_an_earlier_run_comes_the_whole_run() => Assert.Equal(Render(Run.Example), Render(Run.Example, after: "0-9.3"));

    [Fact]
    public void Without_a_name_of_its_own_a_run_is_called_by_where_it_began() => Assert.StartsWith(
        """1-0.1 {"type":"RUN_STARTED","threadId":"s1","runId":"1-0",""",
        Run.Render(Run.Example, frames => new AgUiRenderer(frames, "s1", null))[0],
        StringComparison.Ordinal);

    // What has started among these frames and not ended, without the places.
    private static List<string> OpenAfter(IEnumerable<string> frames)
    {
        var open = new List<string>();
        foreach (var frame in frames.Select(frame => frame[frame.IndexOf('{', StringComparison.Ordinal)..]))
        {
            var type = frame.Split('"')[3];
            if (type != "RUN_STARTED" && (type.EndsWith("_START", StringComparison.Ordinal) || type.EndsWith("_STARTED", StringComparison.Ordinal)))
            {
                open.Add(frame);
            }
            else if (type.EndsWith("_END", StringComparison.Ordinal) || type == "STEP_FINISHED")
            {
                open.RemoveAt(open.Count - 1);
            }
        }

        return open;
    }

    [Fact]
    public void Calls_of_later_responses_with_the_same_id_have_ids_and_results_of_their_own() => Assert.Equal(
        ["t:0 one", "t:0~11-0 two"],
        Render(Run.SameIds).Where(frame => frame.Contains("TOOL_CALL_RESULT", StringComparison.Ordinal))
            .Select(frame => System.Text.Json.JsonElement.Parse(frame[frame.IndexOf('{', StringComparison.Ordinal)..]))
            .Select(result => $"{result.GetProperty("toolCallId")} {result.GetProperty("content")}"));

    private static string[] Render(IEnumerable<string> events, string? after = null) =>
        Run.Render(events, frames => new AgUiRenderer(frames, "s1", "r1"), after);
}
