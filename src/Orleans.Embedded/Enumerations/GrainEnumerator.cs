using Orleans.Embedded.Activations;
using Orleans.Embedded.Calls;

namespace Orleans.Embedded.Enumerations;

/// <summary>The consumer's side of an enumeration: it asks for the next items when those it has are used up.</summary>
/// <typeparam name="T">The items.</typeparam>
internal sealed class GrainEnumerator<T> : IAsyncEnumerator<T>
{
    private readonly Enumeration<T> _enumeration;
    private readonly GrainId _target;
    private readonly Caller _caller;
    private readonly CancellationTokenSource? _eitherToken;
    private readonly CancellationToken _token;
    private Batch<T> _batch = new([], IsLast: false);
    private int _index;

    public GrainEnumerator(
        Enumeration<T> enumeration, GrainId target, Caller caller, CancellationToken ofCall, CancellationToken ofEnumeration)
    {
        _enumeration = enumeration;
        _target = target;
        _caller = caller;
        _eitherToken = ofCall.CanBeCanceled && ofEnumeration.CanBeCanceled && ofCall != ofEnumeration
            ? CancellationTokenSource.CreateLinkedTokenSource(ofCall, ofEnumeration)
            : null;
        _token = _eitherToken?.Token ?? (ofCall.CanBeCanceled ? ofCall : ofEnumeration);
    }

    public T Current => _batch.Items[_index];

    public ValueTask<bool> MoveNextAsync() =>
        ++_index < _batch.Items.Count ? new(true)
        : _batch.IsLast ? new(false)
        : FetchAsync();

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _eitherToken?.Dispose();
    }

    private async ValueTask<bool> FetchAsync()
    {
        try
        {
            _token.ThrowIfCancellationRequested();
            var step = new EnumerationStep<T>(_enumeration, _target, _caller);
            using (_token.UnsafeRegister(static (step, token) => ((EnumerationStep<T>)step!).Cancel(token), step))
            {
                step.Send();
                _batch = await step.Answer;
            }
        }
        catch
        {
            // The callee's finally blocks have run before the consumer learns of the failure.
            await EndAsync();
            throw;
        }

        _index = 0;
        return _batch.Items.Count > 0;
    }

    private Task EndAsync() => _batch.IsLast ? Task.CompletedTask : _enumeration.End();
}
