using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>Which stream: a namespace, which subscriptions go by, and a key within it.</summary>
public readonly struct StreamId : IEquatable<StreamId>
{
    private readonly string? _namespace;
    private readonly string _key;

    private StreamId(string? ns, string key) => (_namespace, _key) = (ns, key);

    /// <summary>Whether two names are of the same stream.</summary>
    /// <param name="s1">One name.</param>
    /// <param name="s2">The other.</param>
    /// <returns>True when they are.</returns>
    public static bool operator ==(StreamId s1, StreamId s2) => s1.Equals(s2);

    /// <summary>Whether two names are of different streams.</summary>
    /// <param name="s1">One name.</param>
    /// <param name="s2">The other.</param>
    /// <returns>True when they are.</returns>
    public static bool operator !=(StreamId s1, StreamId s2) => !s1.Equals(s2);

    /// <summary>Names a stream.</summary>
    /// <param name="ns">The namespace; null for none.</param>
    /// <param name="key">The key.</param>
    /// <returns>The name.</returns>
    public static StreamId Create(string? ns, string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new(ns, key);
    }

    /// <summary>The namespace.</summary>
    /// <returns>The namespace; null for none.</returns>
    public string? GetNamespace() => _namespace;

    /// <summary>The key. A grain that subscribes implicitly has it as its own.</summary>
    /// <returns>The key.</returns>
    public string GetKeyAsString() => _key;

    /// <inheritdoc/>
    public bool Equals(StreamId other) => _namespace == other._namespace && _key == other._key;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is StreamId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_namespace, _key);

    /// <summary>Namespace and key.</summary>
    /// <returns>A line for a log.</returns>
    public override string ToString() => $"{_namespace ?? "null"}/{_key}";
}
