using System.Collections.Concurrent;

namespace AgentStream.Chaos.Approvals;

/// <summary>
/// Compares what was decided with what was paid: a payment that was allowed is made once, or not at all where the model was told that it was interrupted; one that was not allowed is never made.
/// It looks at the end of the trial, since a silo that was paused may do late what it should not.
/// </summary>
internal sealed class ApprovalCheck(Violations violations, Figures figures)
{
    private readonly ConcurrentDictionary<string, Fate> _fates = [];

    /// <summary>What became of a payment, as its session says.</summary>
    public enum Fate
    {
        /// <summary>Its session was not seen to its end.</summary>
        Unknown,

        /// <summary>Its result says that it was made.</summary>
        Paid,

        /// <summary>Its result says that nobody knows.</summary>
        Interrupted,

        /// <summary>It was not allowed.</summary>
        Denied,
    }

    /// <summary>Keeps what became of a payment.</summary>
    public void Add(string payment, Fate fate) => _fates[payment] = fate;

    /// <summary>Compares.</summary>
    /// <param name="directory">Where the books are.</param>
    public void Check(string directory)
    {
        var made = ToolBook.ReadAll(directory).Where(line => line.What == PaymentTool.Paid).GroupBy(line => line.Call).ToDictionary(lines => lines.Key, lines => lines.Count());
        foreach (var (payment, fate) in _fates)
        {
            var times = made.GetValueOrDefault(payment);
            figures.Add($"payments: {fate switch { Fate.Paid => "allowed and made", Fate.Interrupted => "allowed and interrupted", Fate.Denied => "not allowed", _ => "of sessions that were not seen to their end" }}", 1);
            var isRight = fate switch { Fate.Paid => times == 1, Fate.Denied => times == 0, _ => times <= 1 };
            if (!isRight)
            {
                violations.Add(payment, "a payment is made once if it was allowed, and never if not", $"{fate}, and made {times} times", "");
            }
        }

        foreach (var (payment, times) in made.Where(paid => !_fates.ContainsKey(paid.Key)))
        {
            violations.Add(payment, "a payment is made only when it was allowed", $"nobody has decided, and it was made {times} times", "");
        }
    }
}
