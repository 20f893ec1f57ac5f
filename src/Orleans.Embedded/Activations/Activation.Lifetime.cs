using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Embedded.Enumerations;
using Orleans.Runtime;

namespace Orleans.Embedded.Activations;

/// <summary>How an activation comes and goes.</summary>
internal sealed partial class Activation
{
    private static readonly Action<object?> ActivateTurn = static self => _ = ((Activation)self!).ActivateAsync();
    private static readonly Action<object?> LeaveTurn = static self => _ = ((Activation)self!).LeaveAsync();

    private State _state;
    private Grain? _grain;
    private AsyncServiceScope? _scope;
    private long _lastUse;
    private DateTimeOffset _keepUntil;

    /// <summary>Cancels what <see cref="Grain.OnActivateAsync"/> is handed; null when it does not run.</summary>
    private CancellationTokenSource? _activateLimit;

    /// <summary>In the order in which an activation goes through them; it may skip some.</summary>
    private enum State : byte
    {
        New,
        Activating,
        Ready,
        Leaving,
        Gone,
    }

    public object? GrainInstance => _grain;

    public IServiceProvider ActivationServices => _scope is { } scope
        ? scope.ServiceProvider
        : throw new InvalidOperationException($"{Id} has not been made yet.");

    /// <summary>Completes when the activation is gone.</summary>
    public Task WhenGone()
    {
        lock (Gate)
        {
            return _state is State.Gone ? Task.CompletedTask : Extras.Gone.Task;
        }
    }

    public void DelayDeactivation(TimeSpan delay)
    {
        var until = delay == Timeout.InfiniteTimeSpan || delay == TimeSpan.MaxValue ? DateTimeOffset.MaxValue
            : delay <= TimeSpan.Zero ? default
            : Silo.Time.GetUtcNow() + delay;
        lock (Gate)
        {
            _keepUntil = until;
        }
    }

    /// <summary>Lets the activation go if it has not been used for the collection age.</summary>
    public void LeaveIfUnused()
    {
        lock (Gate)
        {
            if (_state is State.Ready
                && _running.Count == 0
                && _waiting.Count == 0
                && _extras is not { AwaitedEnumerations: > 0 }
                && _keepUntil <= Silo.Time.GetUtcNow()
                && Silo.Time.GetElapsedTime(_lastUse) >= Silo.Collection.CollectionAge)
            {
                Deactivate(new(DeactivationReasonCode.ActivationIdle, "The activation was not used for the collection age."));
            }
        }
    }

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (Gate)
        {
            switch (_state)
            {
                case State.New:
                    BeGone();
                    break;
                case State.Activating:
                    // ActivateAsync sees the state when it is through.
                    _state = State.Leaving;
                    Turns.Run(static self => ((Activation)self!)._activateLimit?.Cancel());
                    break;
                case State.Ready:
                    _state = State.Leaving;
                    Extras.Reason = deactivationReason;
                    Extras.HurryUp = cancellationToken;
                    LeaveWhenDone();
                    break;
            }
        }
    }

    /// <summary>
    /// The silo crashes: no farewell, and whoever waits learns that it is gone. Code that runs cannot be stopped, but is heard no more.
    /// </summary>
    public void Kill()
    {
        Request[] lost;
        IEnumeration[] enumerations;
        lock (Gate)
        {
            if (_state is State.Gone)
            {
                return;
            }

            lost = [.. _running.TakeAll(), .. _waiting.TakeAll()];
            enumerations = _extras is null ? [] : [.. _extras.Enumerations];
            BeGone();
        }

        DisposeTimers();
        var exception = new SiloUnavailableException($"The silo {Silo.SiloAddress} of {Id} was killed.");
        foreach (var request in lost)
        {
            request.Fail(exception);
        }

        foreach (var enumeration in enumerations)
        {
            enumeration.Fail(exception);
        }
    }

    private async Task ActivateAsync()
    {
        Exception? failure = null;
        using (_activateLimit = new CancellationTokenSource(Silo.Collection.ActivationTimeout, Silo.Time))
        {
            try
            {
                _scope = Silo.Services.CreateAsyncScope();
                _grain = Id.Class.Make(ActivationServices);
                await _grain.OnActivateAsync(_activateLimit.Token).WaitAsync(_activateLimit.Token);
            }
            catch (Exception exception)
            {
                failure = exception;
            }

            _activateLimit = null;
        }

        lock (Gate)
        {
            switch (_state)
            {
                case State.Activating when failure is null:
                    _state = State.Ready;
                    _lastUse = Silo.Time.GetTimestamp();
                    DispatchSoon();
                    return;
                case State.Activating:
                    _state = State.Leaving;
                    break;
                case State.Leaving:
                    // It was sent away before it was there: whatever came of that, its requests are for the next activation.
                    failure = null;
                    break;
            }
        }

        if (failure is not null)
        {
            Silo.Logger.LogError(failure, "{Grain} could not be activated.", Id);
        }

        await DisposeAsync();
        BeGone(failure);
    }

    /// <summary>Goes as soon as nothing runs.</summary>
    private void LeaveWhenDone()
    {
        if (_running.Count == 0)
        {
            Turns.Run(LeaveTurn);
        }
    }

    private async Task LeaveAsync()
    {
        // No tick comes in between what follows.
        DisposeTimers();
        using (var limit = new CancellationTokenSource(Silo.Collection.DeactivationTimeout, Silo.Time))
        using (Extras.HurryUp.UnsafeRegister(static limit => ((CancellationTokenSource)limit!).Cancel(), limit))
        {
            try
            {
                await _grain!.OnDeactivateAsync(Extras.Reason, limit.Token).WaitAsync(limit.Token);
            }
            catch (Exception exception)
            {
                Silo.Logger.LogError(exception, "{Grain} failed in OnDeactivateAsync.", Id);
            }
        }

        await DisposeAsync();
        BeGone();
    }

    private async Task DisposeAsync()
    {
        DisposeTimers();
        try
        {
            foreach (var enumeration in _extras?.Enumerations.ToArray() ?? [])
            {
                await enumeration.DisposeAsync();
            }

            switch (_grain)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }

            if (_scope is { } scope)
            {
                await scope.DisposeAsync();
            }
        }
        catch (Exception exception)
        {
            Silo.Logger.LogError(exception, "{Grain} could not be disposed of.", Id);
        }
    }

    /// <summary>The end. What waits goes to the grain's next activation, or fails if this one could not be made.</summary>
    private void BeGone(Exception? failure = null)
    {
        Request[] left;
        lock (Gate)
        {
            if (_state is State.Gone)
            {
                return;
            }

            Silo.Cluster.Remove(this);
            _state = State.Gone;
            left = _waiting.TakeAll();
        }

        foreach (var request in left)
        {
            if (failure is null)
            {
                request.Reroute();
            }
            else
            {
                request.Fail(failure);
            }
        }

        _extras?.Gone.TrySetResult();
    }
}
