using Orleans.Streams;
using Orleans.Streams.Core;

namespace AgentStream.Grains.Tests.Streams;

/// <summary>What a test does with the events that its spectators see.</summary>
public sealed record Spectator(Func<SessionEntry, Task> OnEvent);

public interface ISpectatorGrain : IGrainWithStringKey;

/// <summary>A user's grain that subscribes to the events of its session.</summary>
[ImplicitStreamSubscription(SessionStreams.Namespace)]
internal sealed class SpectatorGrain(Spectator spectator) : Grain, ISpectatorGrain, IStreamSubscriptionObserver, IAsyncObserver<SessionEntry>
{
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<SessionEntry>().ResumeAsync(this);

    public Task OnNextAsync(SessionEntry item, StreamSequenceToken? token = null)
    {
        Assert.Equal(this.GetPrimaryKeyString(), item.Session.ToString());
        return spectator.OnEvent(item);
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
}
