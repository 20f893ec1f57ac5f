using System.Globalization;

namespace AgentStream.Chaos;

/// <summary>What is not as it must be, each with its evidence in a file.</summary>
internal sealed class Violations(string directory, TextWriter output)
{
    // One fault can have many consequences.
    private const int MostTold = 50;
    private const int MostKept = 500;

    private readonly Lock _one = new();

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Adds one.</summary>
    /// <param name="session">Whose it is; <c>-</c> for nobody's.</param>
    /// <param name="expected">What must be.</param>
    /// <param name="seen">What is.</param>
    /// <param name="evidence">What else is known.</param>
    public void Add(string session, string expected, string seen, string evidence)
    {
        lock (_one)
        {
            Count++;
            if (Count > MostKept)
            {
                return;
            }

            var file = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"violation-{Count}.txt"));
            File.WriteAllText(file, $"{DateTime.UtcNow:HH:mm:ss.fff} session {session}\nexpected: {expected}\nseen: {seen}\n\n{evidence}");
            if (Count > MostTold)
            {
                return;
            }

            output.WriteLine($"VIOLATION {Count} at {DateTime.UtcNow:HH:mm:ss}, session {session}: expected that {Short(expected)}; seen: {Short(seen)} ({file})");
        }
    }

    private static string Short(string text) => text.Length <= 300 ? text : text[..300] + "...";
}
