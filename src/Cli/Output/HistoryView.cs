using AgentStream.Events;
using Spectre.Console;

namespace AgentStream.Cli.Output;

/// <summary>What was said in a session.</summary>
internal static class HistoryView
{
    public static void Show(IAnsiConsole console, Transcript transcript)
    {
        var pen = new Pen(console);
        foreach (var node in transcript.Nodes)
        {
            if (node.Prompt is { } prompt)
            {
                pen.Prompt(prompt);
            }

            foreach (var result in node.Returns)
            {
                pen.Result(result.Name, result.Content);
            }

            foreach (var part in node.Parts)
            {
                Show(pen, part);
            }
        }

        if (transcript.Error is { } error)
        {
            pen.Error($"error: {error}");
        }
    }

    private static void Show(Pen pen, TranscriptPart part)
    {
        pen.EndLine();
        switch (part)
        {
            case TextPart text:
                pen.Text(text.Text);
                break;
            case ThinkingPart thinking:
                pen.ThinkingStart(thinking.Text);
                break;
            case ToolCallPart call:
                pen.Call(call.Name, call.Arguments);
                break;
        }

        pen.EndLine();
    }
}
