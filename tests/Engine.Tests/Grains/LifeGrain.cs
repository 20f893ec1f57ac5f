using AgentStream.Engine.Tests.Support;
using Orleans;
using Orleans.Runtime;

namespace AgentStream.Engine.Tests.Grains;

/// <summary>A grain that tells of its comings and goings. Its key may begin with how it is to behave.</summary>
[Alias("AgentStream.Engine.Tests.ILifeGrain")]
public interface ILifeGrain : IGrainWithStringKey
{
    /// <summary>The activation's own id, and where it lives.</summary>
    [Alias("WhoAsync")]
    Task<Life> WhoAsync();

    [Alias("HoldAsync")]
    Task HoldAsync(string name);

    [Alias("DeactivateAsync")]
    Task DeactivateAsync();

    /// <summary>Asks to be deactivated, and then holds.</summary>
    [Alias("DeactivateAndHoldAsync")]
    Task DeactivateAndHoldAsync(string name);

    [Alias("DelayDeactivationAsync")]
    Task DelayDeactivationAsync(TimeSpan delay);

    /// <summary>Starts a timer that ticks until the activation goes.</summary>
    [Alias("TickAsync")]
    Task TickAsync(TimeSpan period, bool keepAlive);
}

/// <summary>Which activation.</summary>
[GenerateSerializer, Immutable, Alias("AgentStream.Engine.Tests.Life")]
public sealed record Life([property: Id(0)] Guid Activation, [property: Id(1)] string Silo, [property: Id(2)] Guid Notebook);

/// <summary>The grain could not come up.</summary>
[GenerateSerializer, Alias("AgentStream.Engine.Tests.NoLifeException")]
public sealed class NoLifeException(string message) : Exception(message);

internal sealed class LifeGrain(Signals signals, Notebook notebook, ILocalSiloDetails silo) : Grain, ILifeGrain, IDisposable
{
    /// <summary>Keys that begin so fail the first two times.</summary>
    public const string FailsTwice = "fails twice ";

    /// <summary>Keys that begin so take for ever to activate, once.</summary>
    public const string HangsInActivation = "hangs in activation ";

    /// <summary>Keys that begin so throw in their deactivation.</summary>
    public const string FailsInDeactivation = "fails in deactivation ";

    /// <summary>Keys that begin so take for ever to deactivate.</summary>
    public const string HangsInDeactivation = "hangs in deactivation ";

    private readonly Guid _id = Guid.NewGuid();
    private bool _isActivated;

    private string Key => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (Key.StartsWith(FailsTwice, StringComparison.Ordinal) && !signals.IsGiven($"{Key} failed twice"))
        {
            signals.Give(signals.IsGiven($"{Key} failed once") ? $"{Key} failed twice" : $"{Key} failed once");
            throw new NoLifeException("not yet");
        }

        if (Key.StartsWith(HangsInActivation, StringComparison.Ordinal) && !signals.IsGiven($"{Key} activation canceled"))
        {
            await using var registration = cancellationToken.Register(() => signals.Give($"{Key} activation canceled"));
            await signals.WaitAsync($"{Key} never", CancellationToken.None);
        }

        signals.Give($"{Key} activating");
        _isActivated = true;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        signals.Give($"{_id} deactivating", reason.ReasonCode.ToString());
        await Task.Yield();
        if (Key.StartsWith(HangsInDeactivation, StringComparison.Ordinal))
        {
            await using var registration = cancellationToken.Register(() => signals.Give($"{_id} deactivation canceled"));
            await signals.WaitAsync($"{Key} never", CancellationToken.None);
        }

        if (Key.StartsWith(FailsInDeactivation, StringComparison.Ordinal))
        {
            throw new NoLifeException("no end");
        }

        signals.Give($"{_id} deactivated", TaskScheduler.Current == TaskScheduler.Default ? "away" : "home");
    }

    public void Dispose() =>
        signals.Give($"{_id} disposed", signals.IsGiven($"{_id} deactivated") ? "after OnDeactivateAsync" : "without its end");

    public Task<Life> WhoAsync()
    {
        Assert.True(_isActivated);
        return Task.FromResult(new Life(_id, silo.Name, notebook.Id));
    }

    public Task HoldAsync(string name) => new Hold(signals, this, name).RunAsync();

    public Task DeactivateAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task DeactivateAndHoldAsync(string name)
    {
        this.DeactivateOnIdle();
        return HoldAsync(name);
    }

    public Task DelayDeactivationAsync(TimeSpan delay)
    {
        DelayDeactivation(delay);
        return Task.CompletedTask;
    }

    public Task TickAsync(TimeSpan period, bool keepAlive)
    {
        this.RegisterGrainTimer(static () => Task.CompletedTask, new GrainTimerCreationOptions(period, period) { KeepAlive = keepAlive });
        return Task.CompletedTask;
    }
}
