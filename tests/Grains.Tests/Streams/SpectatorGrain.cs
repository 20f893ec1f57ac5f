using Orleans.Streams;
using Orleans.Streams.Core;

namespace AgentStream.Grains.Tests.Streams;

/// <summary>What a test does with the events that its spectators see.</summary>
public sealed record Spectator(Func<SessionEvent, Task> OnEvent);

public interface ISpectatorGrain : IGrainWithStringKey;

/// <summary>A user's grain that subscribes to the events of its session.</summary>
[ImplicitStreamSubscription(SessionStreams.Namespace)]
internal sealed class SpectatorGrain(Spectator spectator) : Grain, ISpectatorGrain, IStreamSubscriptionObserver, IAsyncObserver<SessionEvent>
{
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<SessionEvent>().ResumeAsync(this);

    public Task OnNextAsync(SessionEvent item, StreamSequenceToken? token = null)
    {
        Assert.Equal(this.GetPrimaryKeyString(), item.Session.ToString());
        return spectator.OnEvent(item);
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
}
