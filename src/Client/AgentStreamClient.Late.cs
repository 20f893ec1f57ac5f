using System.Runtime.CompilerServices;

namespace AgentStream;

/// <summary>Listening to a session. The stream has a run for a while; who comes back later is shown from the journal what is missing.</summary>
public sealed partial class AgentStreamClient
{
    /// <inheritdoc/>
    /// <remarks>While the stream store is out of reach it waits. The session's grain is asked only behind a cursor that the stream does not continue.</remarks>
    public IAsyncEnumerable<StreamEntry> ListenRawAsync(SessionKey key, Cursor? after = null, CancellationToken cancellationToken = default) =>
        after is null ? ListenToStreamAsync(key, after, cancellationToken) : ListenBehindAsync(key, after, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>While the stream store is out of reach it waits. The session's grain is asked only behind a cursor that the stream does not continue.</remarks>
    public IAsyncEnumerable<StreamEntry> ListenToSessionAsync(SessionKey key, Cursor? after = null, CancellationToken cancellationToken = default) =>
        after is null ? hub.ListenToSessionAsync(key, after, cancellationToken) : ListenToSessionBehindAsync(key, after, cancellationToken);

    private async IAsyncEnumerable<StreamEntry> ListenBehindAsync(SessionKey key, Cursor? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (place, missed) = await Patience.AskAsync(() => FindUnsaidAsync(key, after, cancellationToken), Clock, cancellationToken).ConfigureAwait(false);
        var entries = missed is null ? ListenToStreamAsync(key, place?.InStream, cancellationToken) : ReplayAsync(key, place!.Value, missed, cancellationToken);
        await foreach (var entry in entries.ConfigureAwait(false))
        {
            if (!entry.IsEnd)
            {
                yield return entry;
            }
        }
    }

    private async IAsyncEnumerable<StreamEntry> ListenToSessionBehindAsync(SessionKey key, Cursor? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var isLate = true; isLate;)
        {
            var missed = await Patience.AskAsync(() => FindMissedAsync(key, after, cancellationToken), Clock, cancellationToken).ConfigureAwait(false);

            // A past run that the stream still has is not the last that was missed.
            var entries = missed is null ? hub.ListenAsync(key, after?.InStream, cancellationToken) : ReplayAsync(key, after!.Value, missed, cancellationToken);
            isLate = false;
            await foreach (var entry in entries.ConfigureAwait(false))
            {
                (isLate, after) = (true, entry.Cursor);
                yield return entry;
            }
        }

        await foreach (var entry in hub.ListenToSessionAsync(key, after?.InStream, cancellationToken).ConfigureAwait(false))
        {
            yield return entry;
        }
    }

    /// <summary>Whether somebody who listens behind a cursor would see an event, now or later.</summary>
    /// <param name="key">The session.</param>
    /// <param name="after">The place; null for before every event.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>False when the session has no run, or the stream and the journal have nothing but <c>end</c> behind the cursor.</returns>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    public async Task<bool> HasMoreAsync(SessionKey key, Cursor? after = null, CancellationToken cancellationToken = default)
    {
        for (var place = after?.InStream ?? Cursor.Start; ;)
        {
            var next = await streams.ReadAsync(key, place, count: 1, cancellationToken).ConfigureAwait(false);
            if (next.Events is not [{ IsEnd: true } end, ..])
            {
                return next.Events.Count > 0 || next.IsOpen || (await FindUnsaidAsync(key, after, cancellationToken).ConfigureAwait(false)).Run is not null;
            }

            if (after is null)
            {
                return false;
            }

            place = end.Cursor;
        }
    }

    /// <summary>The first run that somebody misses something of, that has ended, and that the stream does not have any more.</summary>
    /// <param name="key">The session.</param>
    /// <param name="after">The place of the last event that is known.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The cursor of its <c>begin</c>: who listens behind <see cref="Cursor.Previous"/> of it is shown the whole run from the journal. Null when nothing is missed, or not known any more.</returns>
    /// <exception cref="StorageUnavailableException">The stream store or the journal is out of reach.</exception>
    public async Task<Cursor?> FindMissedRunAsync(SessionKey key, Cursor after, CancellationToken cancellationToken = default) =>
        (await FindUnsaidAsync(key, after, cancellationToken).ConfigureAwait(false)).Run?.Begin;

    /// <summary>As <see cref="FindMissedAsync"/>, but not a run of which nothing but its end is missed: who has all else is owed the next one.</summary>
    /// <returns>The run, and the place that it is behind.</returns>
    private async Task<(Cursor? After, ReplayedRun? Run)> FindUnsaidAsync(SessionKey key, Cursor? after, CancellationToken cancellationToken)
    {
        while (await FindMissedAsync(key, after, cancellationToken).ConfigureAwait(false) is { } run)
        {
            if (run.Entries.Any(entry => entry.Type != Protocol.End))
            {
                return (after, run);
            }

            after = run.Entries[^1].Cursor;
        }

        return (after, null);
    }

    /// <summary>The first run that somebody misses something of and that the stream does not have any more; null for none.</summary>
    private async Task<ReplayedRun?> FindMissedAsync(SessionKey key, Cursor? after, CancellationToken cancellationToken)
    {
        if (after is not { } place || place == Cursor.Start)
        {
            return null;
        }

        var next = await streams.ReadAsync(key, place.InStream, count: 1, cancellationToken).ConfigureAwait(false);

        // Of a run that is under way, the stream has all.
        return next is { Events: [{ IsBegin: false }, ..] } or { Events: [], IsOpen: true }
            ? null
            : await AskGrainAsync(key, place, next.Events is [var begin] ? begin.Cursor : null, node: 0, shown: 0, cancellationToken).ConfigureAwait(false);
    }

    private async IAsyncEnumerable<StreamEntry> ReplayAsync(SessionKey key, Cursor after, ReplayedRun first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var shown = 0;
        for (var part = first; ;)
        {
            shown += part.Entries.Count;
            foreach (var entry in part.Entries)
            {
                yield return new StreamEntry(entry.Cursor, entry.Type, entry.Origin, entry.Body);
            }

            if (part.Next is not { } node)
            {
                yield break;
            }

            var next = await Patience.AskAsync(() => AskGrainAsync(key, after, before: null, node, shown, cancellationToken), Clock, cancellationToken).ConfigureAwait(false);
            part = next?.RunId == first.RunId ? next : throw new RunFailedException(key.ToString(), "its history was gone before all of it was read");
        }
    }
    /// <summary>A grain whose silo is gone is another silo's in a moment, and a listener waits for that as for a store that is away.</summary>
    private async Task<ReplayedRun?> AskGrainAsync(SessionKey key, Cursor after, Cursor? before, int node, int shown, CancellationToken cancellationToken)
    {
        try
        {
            return await Session(key).ReplayAsync(after, before, node, shown).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            throw new StorageUnavailableException("The session could not be reached.", e);
        }
    }
}
