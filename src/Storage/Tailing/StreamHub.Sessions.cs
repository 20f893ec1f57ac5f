using System.Runtime.CompilerServices;

namespace AgentStream.Storage.Tailing;

public sealed partial class StreamHub
{
    private readonly Dictionary<SessionKey, IdleSession> _idle = [];

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
        var changed = new Signal();
        using var stopped = cancellationToken.UnsafeRegister(static changed => ((Signal)changed!).Set(), changed);
        var idle = AttachIdle(key);
        idle.Add(changed, after);
        try
        {
            // Watch first, then read: what comes in between is noticed, what came before is read.
            await idle.WatchedAsync(cancellationToken);
            while (await ReadAsync(key, after, cancellationToken) is { Events.Count: 0, IsOpen: false })
            {
                await changed.WaitAsync();
                cancellationToken.ThrowIfCancellationRequested();
                idle.ThrowIfOver();
            }
        }
        finally
        {
            idle.Remove(changed);
            await DetachIdleAsync(idle);
        }
    }

    private IdleSession AttachIdle(SessionKey key)
    {
        lock (_gate)
        {
            if (!_idle.TryGetValue(key, out var idle))
            {
                idle = new IdleSession(key, streams, time, _outage);
                _idle.Add(key, idle);
                idle.Run();
            }

            idle.Listeners++;
            return idle;
        }
    }

    private async Task DetachIdleAsync(IdleSession idle)
    {
        lock (_gate)
        {
            if (--idle.Listeners > 0)
            {
                return;
            }

            _idle.Remove(idle.Key);
        }

        await idle.DisposeAsync();
    }
}
