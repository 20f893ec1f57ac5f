using Orleans.Runtime;

namespace Orleans.Streams
{
    /// <summary>A subscription of a grain to a stream.</summary>
    /// <typeparam name="T">The items.</typeparam>
    public abstract class StreamSubscriptionHandle<T>
    {
        /// <summary>Which stream.</summary>
        public abstract StreamId StreamId { get; }

        /// <summary>The name of the stream's provider.</summary>
        public abstract string ProviderName { get; }

        /// <summary>Lets an observer take the items, from now on and in the grain's turns.</summary>
        /// <param name="observer">The observer.</param>
        /// <param name="token">Must be null: streams of the embedded engine cannot go back.</param>
        /// <returns>The subscription.</returns>
        /// <exception cref="ArgumentException"><paramref name="token"/> is not null.</exception>
        public abstract Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token = null);
    }
}

namespace Orleans.Streams.Core
{
    /// <summary>A grain that is told of its implicit subscriptions, in each activation before the first item.</summary>
    public interface IStreamSubscriptionObserver
    {
        /// <summary>The grain is subscribed to a stream. It calls <see cref="IStreamSubscriptionHandleFactory.Create"/> and lets an observer take the items.</summary>
        /// <param name="handleFactory">The subscription.</param>
        /// <returns>A task that completes when items may come.</returns>
        Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory);
    }

    /// <summary>A subscription, before it is known what items are expected.</summary>
    public interface IStreamSubscriptionHandleFactory
    {
        /// <summary>Which stream.</summary>
        StreamId StreamId { get; }

        /// <summary>The name of the stream's provider.</summary>
        string ProviderName { get; }

        /// <summary>The subscription.</summary>
        /// <typeparam name="T">The items.</typeparam>
        /// <returns>The subscription.</returns>
        StreamSubscriptionHandle<T> Create<T>();
    }
}

namespace Orleans
{
#pragma warning disable CA1813 // Orleans derives from it.
    /// <summary>
    /// Subscribes a class of grains to all streams of a namespace: the grain whose key is the stream's takes its items, and is activated for them.
    /// The class is a grain with a text as its key and implements <see cref="Streams.Core.IStreamSubscriptionObserver"/>.
    /// </summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public class ImplicitStreamSubscriptionAttribute : Attribute
#pragma warning restore CA1813
    {
        /// <summary>Subscribes to a namespace.</summary>
        /// <param name="streamNamespace">The namespace.</param>
        /// <param name="streamIdMapper">Must be null: the embedded engine knows no other grain than the one with the stream's key.</param>
        /// <exception cref="NotSupportedException"><paramref name="streamIdMapper"/> is not null.</exception>
        public ImplicitStreamSubscriptionAttribute(string streamNamespace, string? streamIdMapper = null)
        {
            ArgumentNullException.ThrowIfNull(streamNamespace);
            StreamNamespace = streamIdMapper is null
                ? streamNamespace.Trim()
                : throw new NotSupportedException("The embedded engine has no mappers of stream ids.");
        }

        internal string StreamNamespace { get; }
    }

    /// <summary>Streams for grains.</summary>
    public static class GrainStreamingExtensions
    {
        /// <summary>A stream provider of the grain's silo.</summary>
        /// <param name="grain">The grain.</param>
        /// <param name="name">The provider's name.</param>
        /// <returns>The provider.</returns>
        /// <exception cref="KeyNotFoundException">The silo has no such provider.</exception>
        public static Streams.IStreamProvider GetStreamProvider(this Grain grain, string name) => GetStreamProvider((IGrainBase)grain, name);

        /// <inheritdoc cref="GetStreamProvider(Grain, string)"/>
        public static Streams.IStreamProvider GetStreamProvider(this IGrainBase grain, string name)
        {
            ArgumentNullException.ThrowIfNull(grain);
            ArgumentException.ThrowIfNullOrWhiteSpace(name);
            return Microsoft.Extensions.DependencyInjection.ServiceProviderKeyedServiceExtensions
                .GetKeyedService<Streams.IStreamProvider>(grain.GrainContext.ActivationServices, name)
                ?? throw new KeyNotFoundException($"Stream provider '{name}' not found");
        }
    }
}
