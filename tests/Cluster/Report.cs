using System.Globalization;

namespace AgentStream.Cluster;

/// <summary>What the trial saw, line by line, and whether that is what was promised.</summary>
internal sealed class Report(TextWriter output)
{
    /// <summary>How many promises were broken.</summary>
    public int Violations { get; private set; }

    public void Say(string what, string seen) => output.WriteLine($"| {what,-66} | {seen,-28} |");

    /// <summary>Reports the times of calls, of which the longest has a bound.</summary>
    public void Seconds(string what, IReadOnlyCollection<TimeSpan> times, double most)
    {
        var longest = times.Count == 0 ? 0 : times.Max().TotalSeconds;
        var median = times.Count == 0 ? 0 : times.Order().ElementAt(times.Count / 2).TotalSeconds;
        Say($"{what}: median, longest of {times.Count} (at most {most.ToString(CultureInfo.InvariantCulture)} s)", string.Create(CultureInfo.InvariantCulture, $"{median:0.0} s, {longest:0.0} s"));
        Check(times.Count > 0 && longest <= most, what);
    }

    public void Check(bool holds, string promise)
    {
        if (!holds)
        {
            Violations++;
            output.WriteLine($"VIOLATED: {promise}");
        }
    }
}
