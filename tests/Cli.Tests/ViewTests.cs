using System.Text.Json;
using AgentStream.Cli.Output;
using AgentStream.Events;
using Spectre.Console;

namespace AgentStream.Cli.Tests;

public sealed class ViewTests
{
    private const char Escape = '\u001b';

    [Fact]
    public void A_pipe_gets_plain_text()
    {
        Assert.Equal(
            """
            thinking: I need a tool.
            → calculate {"expression":"12*7"}
            info: looking it up
            ← calculate 84
            12*7 is
            84.

            """,
            Show(SomeEvents.ToolCall, AnsiSupport.No));
    }

    [Fact]
    public void A_terminal_gets_thoughts_dimmed_and_the_answer_as_it_is()
    {
        var shown = Show(SomeEvents.ToolCall, AnsiSupport.Yes);
        Assert.Contains($"{Escape}[2mI need{Escape}[0m", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("thinking:", shown, StringComparison.Ordinal);
        Assert.EndsWith("\n12*7 is\n84.\n", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_lines_are_left_to_the_terminal_and_spaces_stay()
    {
        var words = string.Join("  ", Enumerable.Repeat("word", 100));
        var shown = Show(SomeEvents.Of(("event", $$"""{"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"  {{words}} "}""")), AnsiSupport.No);
        Assert.Equal($"  {words} \n", shown);
    }

    [Fact]
    public void Markup_is_text()
    {
        const string Markup = "[red]not red[/] [link=http://x]y[/] [";
        Assert.Contains(Markup, Show(SomeEvents.Everywhere(Markup), AnsiSupport.Yes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\\u001b[2J\\u001b]0;title\\u0007")]
    [InlineData("\\u009b2J")]
    [InlineData("\\b\\b\\b\\r\\f\\u0000\\u007f\\u0085\\u0090")]
    public void Nothing_that_is_said_reaches_the_terminal_as_a_control(string jsonText)
    {
        var events = SomeEvents.Everywhere(jsonText);
        foreach (var shown in (string[])[Show(events, AnsiSupport.No), Json(events), Quiet([.. events.SkipLast(1)]), Quiet(events), History(jsonText)])
        {
            Assert.DoesNotContain(shown, c => char.IsControl(c) && c != '\n');
        }

        // What the view itself has put there are colors, and nothing else.
        Assert.Matches("^([^\\p{Cc}]|\n|\u001b\\[[0-9;]*m)*$", Show(events, AnsiSupport.Yes));
    }

    [Fact]
    public void A_line_of_a_tool_stays_one_line()
    {
        var shown = Show(SomeEvents.Of(("event", """{"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"t","tool_call_id":"c","content":"a\nb\tc"}""")), AnsiSupport.No);
        Assert.Equal("← t a b c\n", shown);
    }

    [Fact]
    public void What_begins_again_says_so()
    {
        var shown = Show(SomeEvents.Of(
            ("begin", """{"session_id":"s1"}"""),
            ("event", """{"idx":0,"event":"llm-begin"}"""),
            ("event", """{"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"Half"}"""),
            ("info", """{"msg":"resumed","idx":0}"""),
            ("event", """{"idx":0,"event":"llm-begin"}"""),
            ("event", """{"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"Whole."}""")), AnsiSupport.No);
        Assert.Equal("Half\ninfo: resumed\n(started again; this replaces what was said above)\nWhole.\n", shown);
    }

    [Fact]
    public void The_answer_alone_is_shown_when_it_is_whole()
    {
        Assert.Equal("12*7 is\n84.\n", Quiet(SomeEvents.ToolCall));
        Assert.Equal(
            "agentstream: crashed - no model (reference 0123456789ab)\n",
            Quiet(SomeEvents.Of(("begin", """{"session_id":"s1"}"""), ("error", """{"msg":"crashed - no model","reason":"model_failed","reference":"0123456789ab"}"""))));
        Assert.Equal("agentstream: crashed - no model\n", Quiet(SomeEvents.Of(("begin", """{"session_id":"s1"}"""), ("error", """{"msg":"crashed - no model"}"""))));
    }

    [Fact]
    public void Events_in_their_wire_form_stay_the_same_json_on_one_line()
    {
        var events = SomeEvents.Of(("info", "{\"a\":\r\n\t[\"\\u009b\",\"\u009b\u007f\",\"ü\"]}"));
        var line = Json(events);
        Assert.EndsWith("\n", line, StringComparison.Ordinal);
        Assert.DoesNotContain(line[..^1], char.IsControl);
        using var shown = JsonDocument.Parse(line);
        using var source = JsonDocument.Parse(events[0].Source.Body);
        Assert.Equal("1-0", shown.RootElement.GetProperty("cursor").GetString());
        Assert.True(JsonElement.DeepEquals(source.RootElement, shown.RootElement.GetProperty("body")));
    }

    [Fact]
    public void A_history_shows_its_prompts()
    {
        Assert.Equal("> hi\nthinking: hm\n→ t {\"a\":1}\n> hi again\n← t hi\nHello.\nerror: canceled\n", History("hi"));
    }

    private static string Show(List<AgentEvent> events, AnsiSupport ansi)
    {
        using var output = new StringWriter();
        var console = RunViews.Console(output, ansi);
        console.Profile.Capabilities.Unicode = true;
        return Play(new ConsoleView(console), events, output);
    }

    private static string Json(List<AgentEvent> events)
    {
        using var output = new StringWriter();
        return Play(new JsonView(output), events, output);
    }

    private static string Quiet(List<AgentEvent> events)
    {
        using var output = new StringWriter();
        return Play(new AnswerView(output, output), events, output);
    }

    private static string Play(IRunView view, List<AgentEvent> events, StringWriter output)
    {
        var transcript = new Transcript();
        foreach (var item in events)
        {
            view.Show(item);
            transcript.Apply(item);
        }

        transcript.End();
        view.End(transcript);
        return output.ToString();
    }

    private static string History(string jsonText)
    {
        using var output = new StringWriter();
        var console = RunViews.Console(output, AnsiSupport.No);
        console.Profile.Capabilities.Unicode = true;
        HistoryView.Show(console, Transcript.OfHistory(new SessionSnapshot("", false, "canceled", System.Text.Encoding.UTF8.GetBytes("""
            [
              {"kind":"request","parts":[{"part_kind":"user-prompt","content":"X"}]},
              {"kind":"response","parts":[{"part_kind":"thinking","content":"hm"},{"part_kind":"tool-call","tool_name":"t","args":{"a":1},"tool_call_id":"c"}]},
              {"kind":"request","parts":[{"part_kind":"tool-return","tool_name":"t","tool_call_id":"c","content":"X"},{"part_kind":"user-prompt","content":"X again"}]},
              {"kind":"response","parts":[{"part_kind":"text","content":"Hello."}]}
            ]
            """.Replace("X", jsonText, StringComparison.Ordinal)))));
        return output.ToString();
    }
}
