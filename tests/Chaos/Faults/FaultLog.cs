using System.Globalization;

namespace AgentStream.Chaos;

/// <summary>What was done to the stage, and when.</summary>
internal sealed class FaultLog(TextWriter output)
{
    // What is told of a fault behind its own end: until others have recovered what it left (the lease, their look once a second, their first words), and all have settled.
    private static readonly TimeSpan Aftermath = Stage.Lease + TimeSpan.FromSeconds(3);

    private readonly DateTime _start = DateTime.UtcNow;
    private readonly List<Fault> _faults = [];
    private readonly Lock _one = new();

    /// <summary>Writes down that a fault begins.</summary>
    /// <returns>The fault; <see cref="Fault.End"/> is set when what was broken is whole again.</returns>
    public Fault Begin(string kind, string what)
    {
        var fault = new Fault(kind, what, DateTime.UtcNow);
        lock (_one)
        {
            _faults.Add(fault);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(fault.Start - _start).TotalSeconds,7:0.0} s  {what}"));
        }

        return fault;
    }

    /// <summary>How often each kind came.</summary>
    public IReadOnlyList<(string Kind, int Count)> Counts()
    {
        lock (_one)
        {
            return [.. _faults.GroupBy(fault => fault.Kind).Select(kind => (kind.Key, kind.Count())).Order()];
        }
    }

    /// <summary>The faults that may have had to do with what happened in a time.</summary>
    public IReadOnlyList<Fault> During(DateTime from, DateTime to)
    {
        lock (_one)
        {
            return [.. _faults.Where(fault => fault.Start <= to && (fault.End is not { } end || Later(end, fault.Start) >= from))];
        }

        static DateTime Later(DateTime end, DateTime start) => end > start + Aftermath ? end + TimeSpan.FromSeconds(1) : start + Aftermath;
    }
}

/// <summary>A fault.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="What">What was done, to whom.</param>
/// <param name="Start">When it began.</param>
internal sealed record Fault(string Kind, string What, DateTime Start)
{
    /// <summary>When what was broken was whole again; null while it is not.</summary>
    public DateTime? End { get; set; }
}
