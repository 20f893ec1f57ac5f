using System.Text;
using AgentStream.Events;
using AgentStream.Messages;

namespace AgentStream.Testing;

/// <summary>What a run came to, for assertions of any test framework. As text it is a list of its events, for the message of an assertion that fails.</summary>
public sealed class RecordedRun
{
    internal RecordedRun(SessionKey session, string runId, IReadOnlyList<AgentEvent> events, IReadOnlyList<ModelMessage> history)
    {
        (Session, RunId, Events, History) = (session, runId, events, history);
        Transcript = new Transcript();
        foreach (var item in events)
        {
            Transcript.Apply(item);
        }

        Transcript.End();
    }

    /// <summary>Gets the session.</summary>
    public SessionKey Session { get; }

    /// <summary>Gets the run's id.</summary>
    public string RunId { get; }

    /// <summary>Gets the events in order, from the run's begin on. How a text is cut into events may differ from run to run.</summary>
    public IReadOnlyList<AgentEvent> Events { get; }

    /// <summary>Gets the events as clients show them: nodes with their parts.</summary>
    public Transcript Transcript { get; }

    /// <summary>Gets how the run ended: it answered, failed, was canceled, or waits for someone.</summary>
    public RunOutcome Outcome => Transcript.Outcome;

    /// <summary>Gets the text of the last response; empty when there is none.</summary>
    public string Answer => Transcript.Answer;

    /// <summary>Gets the thoughts, in order.</summary>
    public IReadOnlyList<string> Thoughts => [.. Transcript.Nodes.SelectMany(node => node.Parts).OfType<Events.ThinkingPart>().Select(part => part.Text)];

    /// <summary>Gets the tool calls, in order, with their results.</summary>
    public IReadOnlyList<RecordedToolCall> ToolCalls => [.. Transcript.Nodes.SelectMany(node => node.Parts).OfType<Events.ToolCallPart>()
        .Select(call => new RecordedToolCall(call.Name, call.CallId, call.Arguments, Transcript.ResultOf(call)?.Content))];

    /// <summary>Gets the results of tools that the model was told in this run. Those of calls that waited for an approval are here, in the run that continues.</summary>
    public IReadOnlyList<ToolReturn> ToolResults => [.. Transcript.Nodes.SelectMany(node => node.Returns)];

    /// <summary>Gets what the run waits for; empty unless the outcome is <see cref="RunOutcome.Paused"/>.</summary>
    public IReadOnlyList<PendingRequest> Requests => Transcript.Requests;

    /// <summary>Gets the error that the run ended with: <c>canceled</c>, or <c>crashed - ...</c>. Null when there is none.</summary>
    public string? Error => Transcript.Error;

    /// <summary>Gets why the run failed: one of <see cref="FailureReasons"/>. Null when it did not.</summary>
    public string? Reason => Transcript.Reason;

    /// <summary>Gets the session's history after the run, oldest message first. The prompt of a run that came to no response is not in it.</summary>
    public IReadOnlyList<ModelMessage> History { get; }

    /// <summary>Writes the run down: its outcome, and a line for each event.</summary>
    /// <returns>The text.</returns>
    public override string ToString() =>
        Events.Aggregate(new StringBuilder($"Run {RunId}: {Outcome}"), (text, item) => text.Append('\n').Append(item.Source.Type).Append(' ').Append(Encoding.UTF8.GetString(item.Source.Body.Span))).ToString();
}
