using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace AgentStream;

/// <summary>Watching a user's sessions.</summary>
public sealed partial class AgentStreamClient
{
    // Who is so far behind reads the list anew rather than what has happened to it.
    private const int MostUnread = 256;

    /// <summary>Watches a user's sessions: what is created, starts, ends, waits for a person, gets another title, or is deleted. Only runs of AgentStream are seen.</summary>
    /// <param name="user">The user.</param>
    /// <param name="cancellationToken">Ends the watching.</param>
    /// <returns>
    /// The events. The first is a <see cref="SessionEventKind.Refresh"/>: whoever reads the list of the sessions then, and applies what follows, has what there is. Another comes when events may have
    /// been missed, as after an outage of the stream store. It does not complete.
    /// </returns>
    /// <exception cref="OperationCanceledException">The watching was ended by the token.</exception>
    public async IAsyncEnumerable<SessionEvent> WatchSessionsAsync(UserKey user, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        var unread = Channel.CreateBounded<SessionEvent>(new BoundedChannelOptions(MostUnread) { SingleReader = true });
        var hasMissed = 1;
        await using var watch = await Patience.AskAsync(() => events.WatchAsync(user, Take, cancellationToken), Clock, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            if (Interlocked.Exchange(ref hasMissed, 0) == 1)
            {
                // The list that is read now has all that happened before.
                while (unread.Reader.TryRead(out _))
                {
                }

                yield return new SessionEvent(SessionEventKind.Refresh, Key: null, Clock.GetUtcNow());
            }

            var next = await unread.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (next.Kind != SessionEventKind.Refresh && Volatile.Read(ref hasMissed) == 0)
            {
                yield return next;
            }
        }

        void Take(SessionEvent? change)
        {
            if (change is null || !unread.Writer.TryWrite(change))
            {
                Volatile.Write(ref hasMissed, 1);

                // Wakes the reader. One that has something to read needs no waking.
                unread.Writer.TryWrite(new SessionEvent(SessionEventKind.Refresh, Key: null, Clock.GetUtcNow()));
            }
        }
    }
}
