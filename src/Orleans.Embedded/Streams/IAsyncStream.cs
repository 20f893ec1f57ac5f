using Orleans.Runtime;

namespace Orleans.Streams;

/// <summary>Takes the items of a stream.</summary>
/// <typeparam name="T">The items.</typeparam>
public interface IAsyncObserver<in T>
{
    /// <summary>Takes an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="token">Its place in the stream.</param>
    /// <returns>A task that completes when the item is taken; the next one comes then. If it fails, the same item comes again.</returns>
    Task OnNextAsync(T item, StreamSequenceToken? token = null);

    /// <summary>No item follows. The embedded engine does not call it: streams have no end.</summary>
    /// <returns>A task that completes when that is taken.</returns>
    Task OnCompletedAsync() => Task.CompletedTask;

    /// <summary>The stream failed. The embedded engine does not call it.</summary>
    /// <param name="ex">What failed.</param>
    /// <returns>A task that completes when that is taken.</returns>
    Task OnErrorAsync(Exception ex);
}

/// <summary>A stream of whatever items.</summary>
public interface IAsyncStream
{
    /// <summary>Whether a subscriber can go back to earlier items. In the embedded engine it cannot.</summary>
    bool IsRewindable { get; }

    /// <summary>The name of the provider.</summary>
    string ProviderName { get; }

    /// <summary>Which stream.</summary>
    StreamId StreamId { get; }
}

/// <summary>A stream, seen by who produces it.</summary>
/// <typeparam name="T">The items.</typeparam>
public interface IAsyncStream<T> : IAsyncStream, IAsyncObserver<T>;

/// <summary>Knows streams by their names. It is a keyed service of the silo, with its own name as the key.</summary>
public interface IStreamProvider
{
    /// <summary>The provider's name.</summary>
    string Name { get; }

    /// <summary>Whether a subscriber can go back to earlier items. In the embedded engine it cannot.</summary>
    bool IsRewindable { get; }

    /// <summary>A stream, which need not be made first.</summary>
    /// <typeparam name="T">The items.</typeparam>
    /// <param name="streamId">Which stream.</param>
    /// <returns>The stream.</returns>
    IAsyncStream<T> GetStream<T>(StreamId streamId);
}

#pragma warning disable CA1036, CA1067 // As Orleans has it: no operators, equality is the derived classes'.
/// <summary>An item's place in its stream.</summary>
public abstract class StreamSequenceToken : IEquatable<StreamSequenceToken?>, IComparable<StreamSequenceToken?>
#pragma warning restore CA1036, CA1067
{
    /// <summary>The number; later items have greater ones.</summary>
    public abstract long SequenceNumber { get; protected set; }

    /// <summary>The place among items of the same number.</summary>
    public abstract int EventIndex { get; protected set; }

    /// <inheritdoc/>
    public abstract bool Equals(StreamSequenceToken? other);

    /// <inheritdoc/>
    public abstract int CompareTo(StreamSequenceToken? other);
}
