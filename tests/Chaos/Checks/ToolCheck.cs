using System.Collections.Concurrent;
using System.Globalization;

namespace AgentStream.Chaos;

/// <summary>
/// Counts executions by their call. A call that was under way when its process died is made again, which is allowed (but for <see cref="Tools.Once"/>); one whose result was journaled must never
/// be made again. It looks at the end of the trial: a silo that was paused may do late what it should not.
/// </summary>
internal sealed class ToolCheck(Violations violations, Figures figures)
{
    private readonly ConcurrentDictionary<string, Call> _calls = [];

    /// <summary>Keeps the calls of a run.</summary>
    public void Take(JournalFold journal)
    {
        foreach (var id in journal.Responses.SelectMany(response => response.Calls))
        {
            _calls[id] = Call.Of(journal.Results.GetValueOrDefault(id));
        }
    }

    /// <summary>Compares the calls with what the tools have written down.</summary>
    /// <param name="directory">Where their books are.</param>
    /// <param name="isClosed">Whether a session was checked to its end; calls of others are left out.</param>
    public void Check(string directory, Func<string, bool> isClosed)
    {
        foreach (var lines in ToolBook.ReadAll(directory).Where(line => line.What is ToolBook.Started or ToolBook.Finished).GroupBy(line => line.Call))
        {
            var starts = lines.Where(line => line.What == ToolBook.Started).Select(line => line.At).Order().ToList();
            figures.Add("tool executions", starts.Count);
            if (!_calls.TryGetValue(lines.Key, out var call))
            {
                if (isClosed(lines.Key[..lines.Key.IndexOf('.', StringComparison.Ordinal)]))
                {
                    violations.Add(lines.Key, "only calls of journaled responses are made", "a call that no journal knows", string.Join('\n', lines));
                }

                continue;
            }

            var late = starts.Count(start => start > call.Result);
            figures.Add("tool executions repeated that were under way at a fault", Math.Max(0, starts.Count - 1 - late));
            figures.Add(call.IsInterrupted ? "tool executions that began when the model had been told 'interrupted'" : "tool executions repeated that had completed", late);
            if (late > 0 && !call.IsInterrupted)
            {
                violations.Add(lines.Key, "a call whose result was journaled is not made again", string.Create(CultureInfo.InvariantCulture, $"its result is of {call.Result}"), string.Join('\n', lines));
            }

            if (call.Tool == Tools.Once && starts.Count > 1)
            {
                violations.Add(lines.Key, "a call that may not be made again is made once", $"{starts.Count} times", string.Join('\n', lines));
            }
        }
    }

    /// <summary>A call.</summary>
    /// <param name="Result">When its result was made, in microseconds; it was written a little later. Null when it has none.</param>
    /// <param name="Tool">The tool, if it has a result.</param>
    /// <param name="IsInterrupted">Whether the result is that nobody knows.</param>
    private sealed record Call(long? Result, string? Tool, bool IsInterrupted)
    {
        public static Call Of(JournalLine? line) => line is null
            ? new(null, null, false)
            : new(
                ToolBook.Microseconds(line.At.ToUniversalTime()),
                line.Json.GetProperty("result").GetProperty("tool_name").GetString(),
                line.Json.GetProperty("result").GetProperty("outcome").GetString() == "interrupted");
    }
}
