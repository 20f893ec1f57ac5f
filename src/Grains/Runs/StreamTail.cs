using AgentStream.EventLog;

namespace AgentStream.Grains.Runs;

/// <summary>Looks at what a run's stream has.</summary>
internal static class StreamTail
{
    private const int Page = 512;

    /// <summary>
    /// Whether a node's <c>llm-end</c> is in the stream. What was journaled may not have got there: the process died between the two. It looks at the whole
    /// stream, once for each take-over.
    /// </summary>
    public static async Task<bool> HasNodeEndAsync(IEventLog log, SessionKey key, Cursor begin, int idx, CancellationToken cancellationToken)
    {
        var end = EventBodies.NodeEnd(idx);
        for (var after = begin; ;)
        {
            var slice = await log.ReadAsync(key, after, Page, cancellationToken);
            if (slice.Events.Any(e => e.Type == Protocol.Event && e.Body.Span.SequenceEqual(end.Span)))
            {
                return true;
            }

            if (slice.Events.Count < Page)
            {
                return false;
            }

            after = slice.Events[^1].Cursor;
        }
    }
}
