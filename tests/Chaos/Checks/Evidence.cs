using System.Globalization;
using System.Text;

namespace AgentStream.Chaos;

/// <summary>All that is known of some runs, as text for who looks into a violation.</summary>
internal static class Evidence
{
    public static string Of(IReadOnlyList<Prompt> attempts, IReadOnlyList<RunRecord> runs, FaultLog faults)
    {
        var text = new StringBuilder();
        foreach (var attempt in attempts)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"prompt '{attempt.Text}' at {attempt.Start:HH:mm:ss.fff}: {attempt.Outcome}");
            foreach (var (answer, at) in attempt.Cancels)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  cancel at {at:HH:mm:ss.fff}: {answer?.ToString() ?? "no answer"}");
            }

            foreach (var transcript in attempt.Transcripts)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  {transcript.Listener}: {transcript.Frames.Count} frames, complete {transcript.IsComplete}, {transcript.Reconnects} reconnects, from {transcript.Frames.FirstOrDefault().Id} to {transcript.Last}");
            }
        }

        var from = attempts.Min(attempt => attempt.Start);
        foreach (var fault in faults.During(from == default ? DateTime.UtcNow - TimeSpan.FromMinutes(2) : from, DateTime.UtcNow))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"fault {fault.Start:HH:mm:ss.fff} to {fault.End:HH:mm:ss.fff}: {fault.What}");
        }

        foreach (var run in runs)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"run {run.Id} of silos {string.Join(", ", run.Owners)}, {run.Appends} appends");
            var lines = run.Entries.Select(entry => (entry.Order, Line: $"  {entry.At:HH:mm:ss.fff} stream  {entry.Id} {entry.Data}"))
                .Concat(run.Journal.Select(line => (line.Order, Line: $"  {line.At.ToUniversalTime():HH:mm:ss.fff} journal {line.Json.GetRawText()}")));
            foreach (var (order, line) in lines.Order())
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"{order,9}{line}");
            }
        }

        return text.ToString();
    }
}
