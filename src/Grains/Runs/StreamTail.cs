namespace AgentStream.Grains.Runs;

/// <summary>Looks at what a run's stream has.</summary>
internal static class StreamTail
{
    internal const int Page = 512;

    /// <summary>How many nodes the stream shows to their <c>llm-end</c>. It looks at the whole stream, once for each take-over.</summary>
    public static async Task<int> CountNodesAsync(RunEnvironment environment, OwnedRun run, CancellationToken cancellationToken)
    {
        var count = 0;
        var end = EventBodies.NodeEnd(count);
        for (var after = run.Begin; ;)
        {
            var slice = await environment.PatientlyAsync(() => environment.Log.ReadAsync(run.Token.Key, after, Page, cancellationToken), cancellationToken);
            foreach (var entry in slice.Events)
            {
                if (entry.Type == Protocol.Event && entry.Body.Span.SequenceEqual(end.Span))
                {
                    end = EventBodies.NodeEnd(++count);
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
