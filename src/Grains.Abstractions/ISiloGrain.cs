using Orleans.Concurrency;

namespace AgentStream;

/// <summary>
/// A silo's own figures, for operators. Its key is the silo's address (<c>SiloAddress.ToParsableString</c>); who asks for it says by a placement hint that it is to be there, and compares the address of
/// the answer.
/// </summary>
[Alias("AgentStream.ISiloGrain")]
public interface ISiloGrain : IGrainWithStringKey
{
    /// <summary>The figures, and the runs that are under way there.</summary>
    /// <param name="count">The most runs to answer with: those that began first. From 0 to <see cref="SiloFigures.MaxRuns"/>; what is beyond is as the nearest of these.</param>
    /// <returns>The figures of the silo that the grain is on.</returns>
    [ReadOnly, Alias("GetAsync")]
    Task<SiloFigures> GetAsync(int count);
}

/// <summary>What a silo knows of itself.</summary>
/// <param name="Address">Its address, as <c>SiloAddress.ToParsableString</c> writes it.</param>
/// <param name="RunCount">How many runs are under way.</param>
/// <param name="Listeners">How many streams are open.</param>
/// <param name="Cpu">The share of the machine's processors that the process uses, in percent.</param>
/// <param name="Memory">The memory that the process uses, in bytes.</param>
/// <param name="Runs">The runs that began first.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.SiloFigures")]
public sealed record SiloFigures(
    [property: Id(0)] string Address, [property: Id(1)] int RunCount, [property: Id(2)] int Listeners, [property: Id(3)] double Cpu, [property: Id(4)] long Memory, [property: Id(5)] RunFigures[] Runs)
{
    /// <summary>The most runs in an answer.</summary>
    public const int MaxRuns = 1_000;
}

/// <summary>A run that is under way.</summary>
/// <param name="Key">Its session.</param>
/// <param name="RunId">The run.</param>
/// <param name="Agent">Its agent's name.</param>
/// <param name="Since">When it began, in whatever process, by the clock of the stream store.</param>
/// <param name="Entries">How many entries its process has appended.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.RunFigures")]
public sealed record RunFigures([property: Id(0)] SessionKey Key, [property: Id(1)] string RunId, [property: Id(2)] string Agent, [property: Id(3)] DateTimeOffset Since, [property: Id(4)] long Entries);
