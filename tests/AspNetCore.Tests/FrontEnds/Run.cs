using System.Buffers;
using System.Text;
using AgentStream.AspNetCore.Protocols;
using AgentStream.AspNetCore.Sse;

namespace AgentStream.AspNetCore.Tests.FrontEnds;

/// <summary>A run's events, and how they are rendered.</summary>
internal static class Run
{
    /// <summary>The example of docs/protocol.md.</summary>
    public static readonly string[] Example =
    [
        """begin {"session_id":"s1"}""",
        """event {"idx":0,"event":"llm-begin"}""",
        """event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"thinking","content":"I need"}""",
        """event {"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"thinking","content_delta":" a tool."}""",
        """event {"idx":0,"event":"part_start","event_idx":1,"part_kind":"tool-call","tool_name":"calculate","tool_call_id":"c1","args":{"expression":"12*7"}}""",
        """event {"idx":0,"event":"llm-end"}""",
        """event {"idx":1,"event":"llm-begin"}""",
        """event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"calculate","tool_call_id":"c1","content":"84"}""",
        """event {"idx":1,"event":"part_start","event_idx":0,"part_kind":"text","content":"12"}""",
        """event {"idx":1,"event":"answer"}""",
        """event {"idx":1,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"*7 is 84."}""",
        """event {"idx":1,"event":"llm-end"}""",
    ];

    /// <summary>A node that began, showed a thought, a text and a call, and began again in another process; it carries a result both times.</summary>
    public static readonly string[] Resumed =
    [
        """begin {"session_id":"s1"}""",
        """event {"idx":0,"event":"llm-begin"}""",
        """event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"calculate","tool_call_id":"c1","args":{}}""",
        """event {"idx":0,"event":"llm-end"}""",
        """event {"idx":1,"event":"llm-begin"}""",
        """event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"calculate","tool_call_id":"c1","content":[1]}""",
        """event {"idx":1,"event":"part_start","event_idx":0,"part_kind":"thinking","content":"Hm"}""",
        """event {"idx":1,"event":"part_start","event_idx":1,"part_kind":"text","content":"12"}""",
        """event {"idx":1,"event":"answer"}""",
        """event {"idx":1,"event":"part_start","event_idx":2,"part_kind":"tool-call","tool_name":"time","tool_call_id":"c2","args":{"zone":"utc"}}""",
        """info {"msg":"resumed","idx":1}""",
        """event {"idx":1,"event":"llm-begin"}""",
        """event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"calculate","tool_call_id":"c1","content":[1]}""",
        """event {"idx":1,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"time","tool_call_id":"c2","args":{"zone":"cet"}}""",
        """event {"idx":1,"event":"llm-end"}""",
        """event {"idx":2,"event":"llm-begin"}""",
        """event {"idx":2,"event":"part_start","part_kind":"tool-return","tool_name":"time","tool_call_id":"c2","content":"noon"}""",
        """event {"idx":2,"event":"llm-end"}""",
    ];

    /// <summary>Two nodes whose calls have one id, and a third that carries the second's result; the second begins again in another process.</summary>
    public static readonly string[] SameIds =
    [
        """begin {"session_id":"s1"}""",
        """event {"idx":0,"event":"llm-begin"}""",
        """event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"t","tool_call_id":"t:0","args":{"n":1}}""",
        """event {"idx":1,"event":"llm-begin"}""",
        """event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"t","tool_call_id":"t:0","content":"one"}""",
        """event {"idx":1,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"t","tool_call_id":"t:0","args":{"n":2}}""",
        """event {"idx":1,"event":"llm-end"}""",
        """info {"msg":"resumed","idx":1}""",
        """event {"idx":1,"event":"llm-begin"}""",
        """event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"t","tool_call_id":"t:0","content":"one"}""",
        """event {"idx":1,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"t","tool_call_id":"t:0","args":{"n":2}}""",
        """event {"idx":1,"event":"llm-end"}""",
        """event {"idx":2,"event":"llm-begin"}""",
        """event {"idx":2,"event":"part_start","part_kind":"tool-return","tool_name":"t","tool_call_id":"t:0","content":"two"}""",
    ];

    /// <summary>A run with an error at its end.</summary>
    public static string[] Failed(string message) =>
    [
        """begin {"session_id":"s1"}""",
        """event {"idx":0,"event":"llm-begin"}""",
        """event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"One"}""",
        $$"""error {"msg":"{{message}}"}""",
    ];

    /// <summary>Renders events, the n-th of them at cursor n-0, and says what was written.</summary>
    /// <param name="events">Each as its type, a space, and its body.</param>
    /// <param name="newRendering">Makes the rendering.</param>
    /// <param name="after">The place of the last frame that the client has.</param>
    /// <returns>Each frame, as <c>place {...}</c>, or <c>{...}</c> for one without a place.</returns>
    public static string[] Render(IEnumerable<string> events, Func<FrameWriter, IFrameRenderer> newRendering, string? after = null)
    {
        var output = new ArrayBufferWriter<byte>();
        var rendering = newRendering(new FrameWriter(FramePlace.Read(after)));
        var goesOn = true;
        foreach (var (i, text) in events.Index())
        {
            var space = text.IndexOf(' ', StringComparison.Ordinal);
            goesOn = rendering.Write(output, new StreamEntry(new Cursor((ulong)i + 1, 0), text[..space], "o", Encoding.UTF8.GetBytes(text[(space + 1)..])));
            if (!goesOn)
            {
                break;
            }
        }

        if (goesOn)
        {
            rendering.Complete(output);
        }

        return [.. Encoding.UTF8.GetString(output.WrittenSpan).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(frame => frame.Replace("id: ", "", StringComparison.Ordinal).Replace("\n", " ", StringComparison.Ordinal).Replace("data: ", "", StringComparison.Ordinal))];
    }

    /// <summary>The place of each frame that has one.</summary>
    public static IEnumerable<string> Places(IEnumerable<string> frames) =>
        frames.Where(frame => char.IsAsciiDigit(frame[0])).Select(frame => frame[..frame.IndexOf(' ', StringComparison.Ordinal)]);
}
