using System.Runtime.CompilerServices;

namespace AgentStream.Storage.Tailing;

public sealed partial class StreamHub
{
    /// <summary>
    /// Follows a session over its runs: every later event of the current run and of those after it, each once and in order, from each <c>begin</c> to its <c>end</c>. It does not complete: between
    /// two runs, and while the streams are unavailable, it waits.
    /// </summary>
    /// <param name="key">The session. It may have no run so far.</param>
    /// <param name="after">The cursor of the last event that is known already; null for all of the current run.</param>
    /// <param name="cancellationToken">Stops the listening; the runs continue.</param>
    /// <returns>The events. A <c>begin</c> supersedes all of its run before it. A run that begins and is gone again while this process cannot read is left out.</returns>
    /// <exception cref="OperationCanceledException">The listening was stopped by the token.</exception>
    public async IAsyncEnumerable<StreamEntry> ListenToSessionAsync(
        SessionKey key, Cursor? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            await foreach (var entry in ListenAsync(key, after, cancellationToken))
            {
                after = entry.Cursor;
                yield return entry;
            }

            await WaitForRunAsync(key, after ?? Cursor.Start, cancellationToken);
        }
    }

    /// <summary>Waits until a session has events behind a cursor, or is about to.</summary>
    private async Task WaitForRunAsync(SessionKey key, Cursor after, CancellationToken cancellationToken)
    {
        using var wake = new Wake(time);

        // Watch first, then read: what comes in between is noticed, what came before is read.
        await using var watch = await TailRules.Patience.AskAsync(
            () => streams.WatchAsync(key, _ => wake.Set(), cancellationToken), time, cancellationToken, (exception, _) => _outage.Failed(exception));
        while (await ReadAsync(key, after, cancellationToken) is { Events.Count: 0, IsOpen: false })
        {
            await wake.WaitAsync(TailRules.IdlePoll, cancellationToken);
        }
    }
}
