using AgentStream.Events;
using AgentStream.Logs;

namespace AgentStream.Cli.Output;

/// <summary>The answer, when it is whole, and nothing else.</summary>
internal sealed class AnswerView(TextWriter output, TextWriter errors) : IRunView
{
    public void Show(AgentEvent item)
    {
    }

    public void End(Transcript transcript)
    {
        if (transcript.Outcome == RunOutcome.Answered)
        {
            output.WriteLine(SafeText.Lines(transcript.Answer));
        }
        else if (transcript.Error is { } error)
        {
            errors.WriteLine($"agentstream: {SafeText.Line(error + Named(transcript.Reference))}");
        }
    }

    /// <summary>By what the server's log names a failure.</summary>
    public static string Named(string? reference) => reference is null ? "" : $" (reference {reference})";
}
