using System.Runtime.CompilerServices;

namespace AgentStream.Grains.Output;

/// <summary>Reads a stream with bounded patience. A model's stream is somebody else's code: it may be silent forever, and it may not listen to its cancellation token.</summary>
internal static class PatientStream
{
    /// <summary>Gives the stream's items until it ends, fails, is canceled or was silent for too long. A move that is still under way then is left to itself.</summary>
    /// <param name="open">Opens the stream with the token that ends it.</param>
    /// <param name="speaker">Who speaks, for the error text.</param>
    /// <param name="silence">The longest wait for an item.</param>
    /// <param name="time">The clock of the silence.</param>
    /// <param name="cancellationToken">Cancels at once, also within a move.</param>
    /// <exception cref="SilenceException">It was silent for too long.</exception>
    public static async IAsyncEnumerable<T> ReadAsync<T>(
        Func<CancellationToken, IAsyncEnumerable<T>> open,
        string speaker,
        TimeSpan silence,
        TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Ends the stream also when it is the silence that ends our patience.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var stream = open(patience.Token).GetAsyncEnumerator(patience.Token);
        Task<bool>? move = null;
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                move = stream.MoveNextAsync().AsTask();
                bool hasMore;
                try
                {
                    hasMore = move.IsCompleted ? await move : await move.WaitAsync(silence, time, cancellationToken);
                }
                catch (TimeoutException e) when (!move.IsCompleted)
                {
                    throw new SilenceException($"{speaker} was silent for {silence.TotalSeconds:0.###} s", e);
                }

                if (!hasMore)
                {
                    yield break;
                }

                yield return stream.Current;
            }
        }
        finally
        {
            await patience.CancelAsync();
            if (move is null or { IsCompleted: true })
            {
                await stream.DisposeAsync();
            }
            else
            {
                _ = DisposeLaterAsync(stream, move);
            }
        }
    }

    private static async Task DisposeLaterAsync<T>(IAsyncEnumerator<T> stream, Task<bool> move)
    {
        // An iterator must not be disposed within a move. What the abandoned move still throws is nobody's concern.
        await ((Task)move).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await stream.DisposeAsync();
        }
        catch (Exception)
        {
            // The run has long continued; there is nobody left to tell.
        }
    }
}
