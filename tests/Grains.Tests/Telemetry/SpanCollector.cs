using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace AgentStream.Grains.Tests.Telemetry;

/// <summary>Takes in the spans of sessions, as a telemetry SDK does. A listener hears all of a process, so a test asks for those of its own session.</summary>
internal sealed class SpanCollector : IDisposable
{
    private readonly ConcurrentQueue<Activity> _started = [];
    private readonly ConcurrentQueue<Activity> _stopped = [];
    private readonly ActivityListener _listener;

    /// <param name="sample">Whether a span is taken, and how much of it; null for all of each.</param>
    public SpanCollector(SampleActivity<ActivityContext>? sample = null)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "AgentStream",
            Sample = sample ?? ((ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded),
            ActivityStarted = _started.Enqueue,
            ActivityStopped = _stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The spans of a session that have begun.</summary>
    public List<Activity> Started(SessionKey key) => [.. _started.Where(span => IsOf(span, key))];

    /// <summary>The spans of a session that have ended.</summary>
    public List<Activity> Of(SessionKey key) => [.. _stopped.Where(span => IsOf(span, key))];

    /// <summary>The runs of a session that have ended.</summary>
    public List<Activity> Runs(SessionKey key) => [.. Of(key).Where(span => span.OperationName.StartsWith("invoke_agent", StringComparison.Ordinal))];

    /// <summary>The spans of a session that have ended, each under its parent, with what they say that is the same each time.</summary>
    public string Tree(SessionKey key)
    {
        var spans = Of(key).OrderBy(span => span.StartTimeUtc).ThenBy(span => span.OperationName, StringComparer.Ordinal).ToList();
        var tree = new StringBuilder();
        foreach (var parent in spans.Select(span => span.ParentSpanId).Distinct().Where(parent => spans.TrueForAll(span => span.SpanId != parent)))
        {
            tree.AppendLine(parent == default ? "(nothing)" : "(not ended)");
            Write(parent, 1);
        }

        return tree.ToString();

        void Write(ActivitySpanId parent, int depth)
        {
            // Calls at the same time are in the order of their names.
            foreach (var span in spans.Where(span => span.ParentSpanId == parent).OrderBy(span => span.OperationName.StartsWith("execute_tool", StringComparison.Ordinal) ? span.OperationName : ""))
            {
                var tags = span.TagObjects.Where(tag => tag.Key is not ("gen_ai.conversation.id" or "agentstream.run.id" or "gen_ai.agent.name" or "gen_ai.operation.name"));
                tree.Append(' ', 2 * depth).Append(span.Kind).Append(' ').Append(span.DisplayName);
                foreach (var tag in tags)
                {
                    tree.Append(' ').Append(tag.Key).Append('=').Append(tag.Value is string[] several ? string.Join(',', several) : Convert.ToString(tag.Value, CultureInfo.InvariantCulture));
                }

                tree.Append(span.Status == ActivityStatusCode.Error ? $" ERROR {span.StatusDescription}" : "").AppendLine();
                Write(span.SpanId, depth + 1);
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    private static bool IsOf(Activity span, SessionKey key) => (string?)span.GetTagItem("gen_ai.conversation.id") == key.Session;
}

/// <summary>Tests that listen, or need that nobody does: one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class Listening
{
    public const string Name = "Telemetry";
}
