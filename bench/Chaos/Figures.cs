using System.Globalization;

namespace AgentStream.Chaos;

/// <summary>What is counted on the way.</summary>
internal sealed class Figures
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, TimeSpan> _longest = new(StringComparer.Ordinal);
    private readonly Lock _one = new();

    /// <summary>Counts.</summary>
    public void Add(string what, long count)
    {
        lock (_one)
        {
            _counts[what] = _counts.GetValueOrDefault(what) + count;
        }
    }

    /// <summary>Keeps the longest time.</summary>
    public void Longest(string what, TimeSpan time)
    {
        lock (_one)
        {
            _longest[what] = _longest.TryGetValue(what, out var longest) && longest > time ? longest : time;
        }
    }

    /// <summary>A listener heard nothing for a while.</summary>
    /// <param name="time">How long.</param>
    /// <param name="faults">What may have had to do with it.</param>
    public void Silence(TimeSpan time, IReadOnlyList<Fault> faults)
    {
        var kinds = faults.Select(fault => fault.Kind).Distinct().Order().ToList();
        Longest("longest silence of a listener", time);
        Longest(kinds.Count switch
        {
            0 => "longest silence of a listener, without a fault",
            1 => $"longest silence of a listener, after: {kinds[0]}",
            _ => "longest silence of a listener, after several faults at once",
        }, time);
    }

    /// <summary>Writes all of them, a line each.</summary>
    public void Print(TextWriter output)
    {
        lock (_one)
        {
            foreach (var (what, count) in _counts)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what,-78} | {count,10:#,0} |"));
            }

            foreach (var (what, time) in _longest)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what,-78} | {time.TotalSeconds,8:0.0} s |"));
            }
        }
    }
}
