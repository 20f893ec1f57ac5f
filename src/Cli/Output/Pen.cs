using System.Text.Json;
using AgentStream.Logs;
using Spectre.Console;

namespace AgentStream.Cli.Output;

/// <summary>Writes what there is to show, each kind in its own way, safely. It knows whether it stands at the start of a line.</summary>
internal sealed class Pen(IAnsiConsole console)
{
    private static readonly Style Dim = new(decoration: Decoration.Dim);
    private static readonly Style Bold = new(decoration: Decoration.Bold);
    private static readonly Style Tool = new(Color.Teal);
    private static readonly Style Bad = new(Color.Red);

    // A pipe has no colors to tell a thought by.
    private readonly bool _isPlain = !console.Profile.Capabilities.Ansi;
    private readonly bool _isUnicode = console.Profile.Capabilities.Unicode;
    private bool _isAtLineStart = true;

    public void Text(string chunk) => Write(SafeText.Lines(chunk), Style.Plain);

    public void ThinkingStart(string chunk)
    {
        EndLine();
        Thinking(_isPlain ? $"thinking: {chunk}" : chunk);
    }

    public void Thinking(string chunk) => Write(SafeText.Lines(chunk), Dim);

    public void Prompt(string prompt) => Line($"> {SafeText.Lines(prompt)}", Bold);

    public void Call(string name, JsonElement arguments) => Line(SafeText.Line($"{(_isUnicode ? "→" : "->")} {name} {arguments.GetRawText()}"), Tool);

    /// <summary>The result of a call; with its name, since those of several calls come as they are ready.</summary>
    public void Result(string name, JsonElement content) =>
        Line(SafeText.Line($"{(_isUnicode ? "←" : "<-")} {name} {(content.ValueKind == JsonValueKind.String ? content.GetString() : content.GetRawText())}"), Tool);

    public void Note(string note) => Line(SafeText.Line(note), Dim);

    public void Error(string error) => Line(SafeText.Line(error), Bad);

    public void EndLine()
    {
        if (!_isAtLineStart)
        {
            Write("\n", Style.Plain);
        }
    }

    private void Line(string line, Style style)
    {
        EndLine();
        Write(line, style);
        EndLine();
    }

    private void Write(string text, Style style)
    {
        if (text.Length > 0)
        {
            console.Write(new Chunk(text, style));
            _isAtLineStart = text[^1] == '\n';
        }
    }
}
