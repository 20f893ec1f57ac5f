using System.Globalization;

namespace AgentStream.Chaos;

/// <summary>What is counted on the way.</summary>
internal sealed class Figures
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, TimeSpan> _longest = new(StringComparer.Ordinal);
    private readonly Lock _one = new();
    private (TimeSpan Time, string Faults) _silence;

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
    /// <param name="during">What may have had to do with it: often several faults at once.</param>
    public void Silence(TimeSpan time, IReadOnlyList<Fault> during)
    {
        var kinds = during.Select(fault => fault.Kind).Distinct().ToList();
        foreach (var kind in kinds)
        {
            Longest($"longest silence of a listener: {kind}, alone or with others", time);
        }

        if (kinds.Count <= 1)
        {
            Longest($"longest silence of a listener: {(kinds.Count == 0 ? "no fault" : kinds[0] + " alone")}", time);
        }

        lock (_one)
        {
            if (time > _silence.Time)
            {
                _silence = (time, string.Join("; ", during.Select(fault => fault.What)));
            }
        }
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

            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the longest silence of a listener, {_silence.Time.TotalSeconds:0.0} s: {_silence.Faults}"));
        }
    }
}
