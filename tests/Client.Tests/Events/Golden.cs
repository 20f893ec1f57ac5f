using System.Text;
using AgentStream.Events;

namespace AgentStream.Client.Tests.Events;

/// <summary>Streams as docs/protocol.md writes them down: a type and a body a line.</summary>
internal static class Golden
{
    /// <summary>The example of docs/protocol.md.</summary>
    public const string ToolCall = """
        begin {"session_id":"s1"}
        event {"idx":0,"event":"llm-begin"}
        event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"thinking","content":"I need"}
        event {"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"thinking","content_delta":" a tool."}
        event {"idx":0,"event":"part_start","event_idx":1,"part_kind":"tool-call","tool_name":"calculate","tool_call_id":"c1","args":{"expression":"12*7"}}
        event {"idx":0,"event":"llm-end"}
        event {"idx":1,"event":"llm-begin"}
        event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"calculate","tool_call_id":"c1","content":"84"}
        event {"idx":1,"event":"part_start","event_idx":0,"part_kind":"text","content":"12"}
        event {"idx":1,"event":"answer"}
        event {"idx":1,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"*7 is 84."}
        event {"idx":1,"event":"llm-end"}
        """;

    /// <summary>The events of such a stream, with cursors 1-0, 2-0 and so on.</summary>
    public static List<StreamEntry> Stream(string lines, ulong first = 1) =>
        [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select((line, at) => Event(line, new Cursor(first + (ulong)at, 0)))];

    public static StreamEntry Event(string line, Cursor cursor = default)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var (type, body) = space < 0 ? (line, "") : (line[..space], line[(space + 1)..]);
        return new StreamEntry(cursor, type, Protocol.DefaultEventOrigin, Encoding.UTF8.GetBytes(body));
    }

    public static Transcript Fold(string lines)
    {
        var transcript = new Transcript();
        foreach (var item in Stream(lines))
        {
            Assert.True(transcript.Apply(AgentEvent.Read(item)));
        }

        return transcript;
    }
}
