namespace AgentStream.Grains.Output;

/// <summary>Looks at what a run's stream has.</summary>
internal static class NodeCounter
{
    internal const int Page = 512;

    /// <summary>How many nodes the stream shows to their <c>llm-end</c>. It looks at the whole stream, once for each recovery.</summary>
    public static async Task<int> CountNodesAsync(RunEnvironment environment, RunHandle run, CancellationToken cancellationToken)
    {
        var count = 0;
        var end = EntryBodies.NodeEnd(count);
        for (var after = run.Begin; ;)
        {
            var slice = await environment.PatientlyAsync(() => environment.Store.ReadAsync(run.Token.Key, after, Page, cancellationToken), cancellationToken);
            foreach (var entry in slice.Events)
            {
                if (entry.Type == Protocol.Event && entry.Body.Span.SequenceEqual(end.Span))
                {
                    end = EntryBodies.NodeEnd(++count);
                }
            }

            if (slice.Events.Count < Page)
            {
                return count;
            }

            after = slice.Events[^1].Cursor;
        }
    }
}
