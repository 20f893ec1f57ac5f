using System.Reflection;
using Microsoft.Extensions.Logging;
using Orleans.Embedded.Activations;
using Orleans.Embedded.Calls;
using Orleans.Runtime;
using Orleans.Streams;

namespace Orleans.Embedded.Streams;

/// <summary>Brings the items of streams to the grains that are subscribed to them, each at its own pace.</summary>
internal sealed class MemoryStreamProvider(string name, ClusterClient client, ILogger<MemoryStreamProvider> logger) : IStreamProvider
{
    private readonly Lazy<ILookup<string, GrainClass>> _subscribers = new(FindSubscribers);
    private readonly Dictionary<(StreamId Stream, GrainClass Subscriber), Feed> _feeds = [];
    private long _lastNumber;

    public string Name => name;

    public bool IsRewindable => false;

    public Caller Caller => client.Caller;

    public ILogger Logger => logger;

    public IAsyncStream<T> GetStream<T>(StreamId streamId) => new MemoryStream<T>(this, streamId);

    /// <summary>Hands an item to the feeds of all subscribers.</summary>
    /// <returns>A task that completes when each has room for it.</returns>
    public async Task PublishAsync<T>(StreamId stream, T item)
    {
        var token = new SequenceToken(Interlocked.Increment(ref _lastNumber));
        foreach (var subscriber in _subscribers.Value[stream.GetNamespace() ?? ""])
        {
            var delivery = new Delivery<T>(this, stream, new GrainId(subscriber, stream.GetKeyAsString()), item, token);
            await FeedFor(stream, subscriber).AddAsync(delivery);
        }
    }

    private static ILookup<string, GrainClass> FindSubscribers() => GrainClasses.With<ImplicitStreamSubscriptionAttribute>()
        .SelectMany(grain => grain.Type.GetCustomAttributes<ImplicitStreamSubscriptionAttribute>(), (grain, a) => (grain, a.StreamNamespace))
        .Distinct()
        .ToLookup(pair => pair.StreamNamespace, pair => pair.grain);

    /// <summary>A feed is there while it has items.</summary>
    private Feed FeedFor(StreamId stream, GrainClass subscriber)
    {
        lock (_feeds)
        {
            if (!_feeds.TryGetValue((stream, subscriber), out var feed))
            {
                feed = new Feed(this);
                _feeds.Add((stream, subscriber), feed);
                _ = Task.Run(() => feed.RunAsync(IsOver));
            }

            feed.Expected++;
            return feed;

            bool IsOver()
            {
                lock (_feeds)
                {
                    return --feed.Expected == 0 && _feeds.Remove((stream, subscriber));
                }
            }
        }
    }
}

/// <summary>A stream of a provider, as its producer has it.</summary>
/// <typeparam name="T">The items.</typeparam>
internal sealed class MemoryStream<T>(MemoryStreamProvider provider, StreamId id) : IAsyncStream<T>
{
    public bool IsRewindable => provider.IsRewindable;

    public string ProviderName => provider.Name;

    public StreamId StreamId => id;

    public Task OnNextAsync(T item, StreamSequenceToken? token = null) => token is null
        ? provider.PublishAsync(id, item)
        : throw new ArgumentException("Memory streams number their items themselves.", nameof(token));

    // As in Orleans, whose memory streams have neither.
    public Task OnCompletedAsync() => throw new NotImplementedException("Memory streams have no end.");

    public Task OnErrorAsync(Exception ex) => throw new NotImplementedException("Memory streams do not fail.");
}

/// <summary>An item's number.</summary>
internal sealed class SequenceToken(long number) : StreamSequenceToken
{
    public override long SequenceNumber { get; protected set; } = number;

    public override int EventIndex { get; protected set; }

    public override bool Equals(StreamSequenceToken? other) => other is SequenceToken && other.SequenceNumber == SequenceNumber;

    public override bool Equals(object? obj) => Equals(obj as StreamSequenceToken);

    public override int GetHashCode() => SequenceNumber.GetHashCode();

    public override int CompareTo(StreamSequenceToken? other) => other is null ? 1 : SequenceNumber.CompareTo(other.SequenceNumber);
}
