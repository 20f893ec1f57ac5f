using AgentStream.Events;
using AgentStream.Logs;

namespace AgentStream.Cli.Output;

/// <summary>The events as they stand in the stream, one a line: <c>{"cursor","type","origin","body"}</c>.</summary>
internal sealed class JsonView(TextWriter output) : IRunView
{
    public void Show(AgentEvent item)
    {
        // The cursor in front, where the wire has it in the frame's id; a cursor is digits and a dash.
        output.WriteLine($"{{\"cursor\":\"{item.Source.Cursor}\",{SafeText.Json(item.Source.ToJson())[1..]}");
        output.Flush();
    }

    public void End(Transcript transcript)
    {
    }
}
