using System.Text;
using AgentStream.Events;

namespace AgentStream.Cli.Tests;

/// <summary>Events to show: a type and a body each, with cursors 1-0, 2-0 and so on.</summary>
internal static class SomeEvents
{
    public static List<AgentEvent> Of(params (string Type, string Body)[] entries) =>
        [.. entries.Select((entry, at) => AgentEvent.Read(new StreamEntry(new Cursor((ulong)at + 1, 0), entry.Type, "me", Encoding.UTF8.GetBytes(entry.Body))))];

    /// <summary>A run that thinks, calls a tool and answers.</summary>
    public static List<AgentEvent> ToolCall => Of(
        ("begin", """{"session_id":"s1"}"""),
        ("event", """{"idx":0,"event":"llm-begin"}"""),
        ("event", """{"idx":0,"event":"part_start","event_idx":0,"part_kind":"thinking","content":"I need"}"""),
        ("event", """{"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"thinking","content_delta":" a tool."}"""),
        ("event", """{"idx":0,"event":"part_start","event_idx":1,"part_kind":"tool-call","tool_name":"calculate","tool_call_id":"c1","args":{"expression":"12*7"}}"""),
        ("event", """{"idx":0,"event":"llm-end"}"""),
        ("info", """{"msg":"looking it up"}"""),
        ("event", """{"idx":1,"event":"llm-begin"}"""),
        ("event", """{"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"calculate","tool_call_id":"c1","content":"84"}"""),
        ("event", """{"idx":1,"event":"part_start","event_idx":0,"part_kind":"text","content":"12"}"""),
        ("event", """{"idx":1,"event":"answer"}"""),
        ("event", """{"idx":1,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"*7 is\n84."}"""),
        ("event", """{"idx":1,"event":"llm-end"}"""));

    /// <summary>Text in every place where a model, a tool or a server can put some.</summary>
    public static List<AgentEvent> Everywhere(string jsonText) => Of(
        ("begin", """{"session_id":"s1"}"""),
        ("event", """{"idx":0,"event":"llm-begin"}"""),
        ("event", """{"idx":0,"event":"part_start","event_idx":0,"part_kind":"thinking","content":"X"}""".Replace("X", jsonText, StringComparison.Ordinal)),
        ("event", """{"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"thinking","content_delta":"X"}""".Replace("X", jsonText, StringComparison.Ordinal)),
        ("event", """{"idx":0,"event":"part_start","event_idx":1,"part_kind":"tool-call","tool_name":"X","tool_call_id":"c1","args":{"X":"X"}}""".Replace("X", jsonText, StringComparison.Ordinal)),
        ("info", """{"msg":"X"}""".Replace("X", jsonText, StringComparison.Ordinal)),
        ("info", """{"other":"X"}""".Replace("X", jsonText, StringComparison.Ordinal)),
        ("event", """{"idx":1,"event":"llm-begin"}"""),
        ("event", """{"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"X","tool_call_id":"c1","content":"X"}""".Replace("X", jsonText, StringComparison.Ordinal)),
        ("event", """{"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"X","tool_call_id":"c1","content":["X"]}""".Replace("X", jsonText, StringComparison.Ordinal)),
        ("event", """{"idx":1,"event":"part_start","event_idx":0,"part_kind":"text","content":"X"}""".Replace("X", jsonText, StringComparison.Ordinal)),
        ("event", """{"idx":1,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"X"}""".Replace("X", jsonText, StringComparison.Ordinal)),
        ("event", """{"idx":1,"event":"llm-end"}"""),
        ("error", """{"msg":"crashed - X"}""".Replace("X", jsonText, StringComparison.Ordinal)));
}
