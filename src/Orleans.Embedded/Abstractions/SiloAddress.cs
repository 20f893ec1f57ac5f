using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Orleans.Runtime;

/// <summary>Which silo: in the embedded engine a name and no more, since no silo listens at an endpoint.</summary>
public sealed class SiloAddress : IEquatable<SiloAddress>
{
    private static int LastGeneration = (int)(DateTime.UtcNow - new DateTime(2022, 1, 1, 0, 0, 0, DateTimeKind.Utc)).TotalSeconds;

    private SiloAddress(IPEndPoint endpoint, int generation)
    {
        Endpoint = endpoint;
        Generation = generation;
    }

    /// <summary>Where the silo would listen.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Which start of the silo at this endpoint; later ones are greater.</summary>
    public int Generation { get; }

    /// <summary>The address as other systems can keep it: <c>endpoint@generation</c>.</summary>
    /// <returns>The text.</returns>
    public string ToParsableString() => $"{Endpoint}@{Generation}";

    /// <summary>The address for people: <c>Sendpoint:generation</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"S{Endpoint}:{Generation}";

    /// <inheritdoc/>
    public bool Equals([NotNullWhen(true)] SiloAddress? other) =>
        other is not null && Generation == other.Generation && Endpoint.Equals(other.Endpoint);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => Equals(obj as SiloAddress);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Endpoint, Generation);

    internal static SiloAddress ForNewSilo(int port) =>
        new(new IPEndPoint(IPAddress.Loopback, port), Interlocked.Increment(ref LastGeneration));
}

/// <summary>The silo of this host.</summary>
public interface ILocalSiloDetails
{
    /// <summary>The silo's name.</summary>
    string Name { get; }

    /// <summary>The cluster that the silo belongs to.</summary>
    string ClusterId { get; }

    /// <summary>The silo's address, which no other start of a silo shares.</summary>
    SiloAddress SiloAddress { get; }
}
