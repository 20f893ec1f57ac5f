using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Orleans.Embedded.Streams;

/// <summary>Which observers an activation has let take the items of which streams. Used in the activation's turns only.</summary>
internal sealed class Subscriptions
{
    private readonly Dictionary<(string Provider, StreamId Stream), object> _observers = [];

    public IAsyncObserver<T>? Find<T>(string provider, StreamId stream) =>
        _observers.TryGetValue((provider, stream), out var observer) ? observer as IAsyncObserver<T> : null;

    public void Set<T>(string provider, StreamId stream, IAsyncObserver<T> observer) => _observers[(provider, stream)] = observer;
}

/// <summary>An implicit subscription of an activation.</summary>
internal sealed class Subscription(Subscriptions subscriptions, string provider, StreamId stream) : IStreamSubscriptionHandleFactory
{
    public StreamId StreamId => stream;

    public string ProviderName => provider;

    public StreamSubscriptionHandle<T> Create<T>() => new Handle<T>(subscriptions, provider, stream);

    private sealed class Handle<T>(Subscriptions subscriptions, string provider, StreamId stream) : StreamSubscriptionHandle<T>
    {
        public override StreamId StreamId => stream;

        public override string ProviderName => provider;

        public override Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token = null)
        {
            ArgumentNullException.ThrowIfNull(observer);
            if (token is not null)
            {
                throw new ArgumentException("Streams of the embedded engine cannot go back.", nameof(token));
            }

            subscriptions.Set(provider, stream, observer);
            return Task.FromResult<StreamSubscriptionHandle<T>>(this);
        }
    }
}
