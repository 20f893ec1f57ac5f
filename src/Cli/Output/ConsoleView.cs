using System.Text.Json;
using AgentStream.Events;
using Spectre.Console;

namespace AgentStream.Cli.Output;

/// <summary>A run as it goes: thoughts dimmed, tool calls as they happen, the answer as it comes.</summary>
internal sealed class ConsoleView(IAnsiConsole console) : IRunView
{
    private readonly Pen _pen = new(console);
    private readonly HashSet<int> _begun = [];
    private bool _hasBegun;

    public void Show(AgentEvent item)
    {
        switch (item)
        {
            case RunBegan:
                Restart(_hasBegun, "(the session's next run)");
                _hasBegun = true;
                _begun.Clear();
                break;
            case NodeBegan node:
                Restart(!_begun.Add(node.Node), "(started again; this replaces what was said above)");
                break;
            case TextStarted text:
                _pen.EndLine();
                _pen.Text(text.Text);
                break;
            case TextDelta text:
                _pen.Text(text.Text);
                break;
            case ThinkingStarted thinking:
                _pen.ThinkingStart(thinking.Text);
                break;
            case ThinkingDelta thinking:
                _pen.Thinking(thinking.Text);
                break;
            case ToolCalled call:
                _pen.Call(call.Name, call.Arguments);
                break;
            case ToolReturned result:
                _pen.Result(result.Name, result.Content);
                break;
            case RequestOpened { Request: var request }:
                _pen.Note($"waits: {request.ToolName} {(request.Kind == PendingRequestKind.Approval ? "needs approval" : "is for a client to carry out")} (request {request.RequestId})");
                break;
            case RequestClosed closed:
                _pen.Note($"{closed.ToolName} {(closed.IsApproved switch { true => "was approved", false => "was not allowed", null => "has its result" })}");
                break;
            case InfoAdded info:
                _pen.Note($"info: {info.Message ?? Raw(info.Body)}");
                break;
            case ErrorAdded error:
                _pen.Error($"error: {error.Message ?? Raw(error.Body)}{AnswerView.Named(error.Reference)}");
                break;
        }
    }

    public void End(Transcript transcript) => _pen.EndLine();

    private void Restart(bool again, string note)
    {
        if (again)
        {
            _pen.Note(note);
        }
    }

    private static string Raw(JsonElement body) => body.GetRawText();
}
