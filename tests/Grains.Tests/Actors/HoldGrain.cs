using System.Collections.Concurrent;
using Orleans.Concurrency;

namespace AgentStream.Grains.Tests.Actors;

/// <summary>A grain whose calls stay open for as long as a test wants.</summary>
[Alias("AgentStream.Grains.Tests.IHoldGrain")]
public interface IHoldGrain : IGrainWithStringKey
{
    /// <summary>Stays open until the test lets it end.</summary>
    [Alias("HoldAsync")]
    Task HoldAsync(string call, CancellationToken cancellationToken = default);

    /// <summary>The same, beside other calls.</summary>
    [AlwaysInterleave, Alias("HoldBesideAsync")]
    Task HoldBesideAsync(string call);

    /// <summary>The same, for a caller that waits a fifth of a second.</summary>
    [ResponseTimeout("00:00:00.200"), Alias("HoldImpatientlyAsync")]
    Task HoldImpatientlyAsync(string call);

    /// <summary>Answers with what this activation is called.</summary>
    [Alias("WhoAsync")]
    Task<Guid> WhoAsync();

    /// <summary>Delays the deactivation of this activation.</summary>
    [Alias("KeepAsync")]
    Task KeepAsync(TimeSpan time);
}

/// <inheritdoc cref="IHoldGrain"/>
public sealed class HoldGrain(Signals signals) : Grain, IHoldGrain
{
    private readonly Guid _activation = Guid.NewGuid();

    Task IHoldGrain.HoldAsync(string call, CancellationToken cancellationToken) => HoldAsync(call, cancellationToken);

    Task IHoldGrain.HoldBesideAsync(string call) => HoldAsync(call, CancellationToken.None);

    Task IHoldGrain.HoldImpatientlyAsync(string call) => HoldAsync(call, CancellationToken.None);

    Task<Guid> IHoldGrain.WhoAsync() => Task.FromResult(_activation);

    Task IHoldGrain.KeepAsync(TimeSpan time)
    {
        DelayDeactivation(time);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        signals.Of($"{_activation} gone").TrySetResult(reason.ReasonCode.ToString());
        return Task.CompletedTask;
    }

    private async Task HoldAsync(string call, CancellationToken cancellationToken)
    {
        signals.Of($"{call} began").TrySetResult("");
        try
        {
            await signals.Of($"{call} may end").Task.WaitAsync(cancellationToken);
            signals.Of($"{call} ended").TrySetResult("done");
        }
        catch (OperationCanceledException)
        {
            signals.Of($"{call} ended").TrySetResult("canceled");
            throw;
        }
    }
}

/// <summary>What grains and tests tell each other, by name; each is told once.</summary>
public sealed class Signals
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<string>> _signals = new();

    public TaskCompletionSource<string> Of(string name) => _signals.GetOrAdd(name, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
