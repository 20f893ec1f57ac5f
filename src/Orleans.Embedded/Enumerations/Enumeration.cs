using Microsoft.Extensions.Logging;
using Orleans.Embedded.Activations;
using Orleans.Runtime;

namespace Orleans.Embedded.Enumerations;

/// <summary>An enumeration that runs in an activation.</summary>
internal interface IEnumeration
{
    /// <summary>In a turn: lets the producer run its finally blocks. Whoever waits for an item learns that there will be none.</summary>
    Task DisposeAsync();

    /// <summary>Whoever waits for an item learns that there will be none.</summary>
    void Fail(Exception exception);
}

/// <summary>The producer's side of an enumeration. All but <see cref="End"/> and <see cref="Fail"/> runs in turns of the grain.</summary>
/// <typeparam name="T">The items.</typeparam>
internal sealed class Enumeration<T>(EnumerableMethod<T> method, object?[] arguments) : IEnumeration
{
    /// <summary>A producer that always has a next item runs ahead of its consumer by so many.</summary>
    private const int MaxBatchSize = 100;

    private readonly CancellationTokenSource _stop = new();
    private IAsyncEnumerator<T>? _producer;
    private Task<bool>? _move;
    private EnumerationStep<T>? _step;
    private Activation? _activation;
    private volatile bool _isEnded;

    /// <summary>Where it runs; null until it has begun.</summary>
    public Activation? Activation => Volatile.Read(ref _activation);

    /// <summary>The consumer's side: no more items are wanted.</summary>
    /// <returns>A task that completes when the producer's finally blocks have run.</returns>
    public Task End()
    {
        // Together with AdvanceAsync: either this sees the activation, or that sees the end. Both write, then read.
        _isEnded = true;
        Interlocked.MemoryBarrier();
        var end = new EnumerationEnd(this);
        return Activation?.TryEnqueue(end) == true ? end.Answer : Task.CompletedTask;
    }

    public void Fail(Exception exception) => _step?.Fail(exception);

    public async Task AdvanceAsync(Activation activation, EnumerationStep<T> step)
    {
        _step = step;
        Interlocked.Exchange(ref _activation, activation);
        if (_isEnded)
        {
            step.Fail(new EnumerationAbortedException($"The enumeration {this} has ended."));
            return;
        }

        try
        {
            _producer ??= Begin(activation);
            var batch = await NextAsync(activation, _producer);
            if (batch.IsLast)
            {
                await DisposeProducerAsync();
            }

            step.Succeed(batch);
        }
        catch (Exception exception)
        {
            step.Fail(exception);
            await DisposeAsync();
        }
    }

    public async Task DisposeAsync()
    {
        _isEnded = true;
        _step?.Fail(new EnumerationAbortedException($"The activation that ran the enumeration {this} is gone."));
        try
        {
            await DisposeProducerAsync();
        }
        catch (Exception exception)
        {
            _activation!.Silo.Logger.LogWarning(exception, "The enumeration {Enumeration} failed in its end.", this);
        }
    }

    public override string ToString() => method.Name;

    private IAsyncEnumerator<T> Begin(Activation activation)
    {
        if (method.TokenIndex >= 0)
        {
            arguments = [.. arguments];
            arguments[method.TokenIndex] = _stop.Token;
        }

        var producer = method.Begin(activation.GrainInstance!, arguments).GetAsyncEnumerator(_stop.Token);
        activation.Add(this);
        return producer;
    }

    /// <summary>The items that are there now, or else the next one when it comes.</summary>
    private async Task<Batch<T>> NextAsync(Activation activation, IAsyncEnumerator<T> producer)
    {
        var items = new List<T>(1);
        while (items.Count < MaxBatchSize && !_stop.IsCancellationRequested)
        {
            var move = _move ??= producer.MoveNextAsync().AsTask();
            if (items.Count > 0 && !move.IsCompletedSuccessfully)
            {
                break;
            }

            await AwaitMoveAsync(activation, move);
            _move = null;
            if (!await move)
            {
                return new(items, IsLast: true);
            }

            items.Add(producer.Current);
        }

        return new(items, IsLast: false);
    }

    private static async ValueTask AwaitMoveAsync(Activation activation, Task move)
    {
        if (move.IsCompleted)
        {
            return;
        }

        activation.EnumerationAwaited(+1);
        try
        {
            await move.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
        finally
        {
            activation.EnumerationAwaited(-1);
        }
    }

    private async Task DisposeProducerAsync()
    {
        if (_producer is not { } producer)
        {
            return;
        }

        _producer = null;
        var silo = _activation!.Silo;
        _activation.Remove(this);
        _stop.Cancel();
        await FinishAsync(producer).WaitAsync(silo.Caller.ResponseTimeout, silo.Time);
    }

    /// <summary>A producer must not be disposed of while it moves; the token has told it to come to an end.</summary>
    private async Task FinishAsync(IAsyncEnumerator<T> producer)
    {
        if (_move is Task move)
        {
            await move.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        await producer.DisposeAsync();
    }
}
