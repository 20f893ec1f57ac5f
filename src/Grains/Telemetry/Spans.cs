using System.Diagnostics;

namespace AgentStream.Grains.Telemetry;

/// <summary>Where spans come from, and what they have in common.</summary>
internal static class Spans
{
    /// <summary>The name of the source, and of the meter.</summary>
    public const string Name = "AgentStream";

    public static readonly ActivitySource Source = new(Name, typeof(Spans).Assembly.GetName().Version?.ToString());

    /// <summary>The trace that the caller is in, for a run that starts later; null without one, and when nobody listens.</summary>
    public static string? Traceparent => Source.HasListeners() ? TraceparentOf(Activity.Current) : null;

    /// <summary>A span as W3C's <c>traceparent</c>.</summary>
    public static string? TraceparentOf(Activity? activity) => activity is { IdFormat: ActivityIdFormat.W3C } ? activity.Id : null;

    /// <summary>Reads a <c>traceparent</c>; null for none, and for what is none.</summary>
    public static ActivityContext? Parse(string? traceparent) =>
        traceparent is not null && ActivityContext.TryParse(traceparent, null, isRemote: true, out var context) ? context : null;

    /// <summary>A span with the name of an operation and of what it is about.</summary>
    public static string Title(string operation, string? subject) => subject is null ? operation : $"{operation} {subject}";

    /// <summary>What kind of failure an exception is: the reason that it has for users, or its type.</summary>
    public static string TypeOf(Exception exception)
    {
        while (exception is AggregateException { InnerExceptions: [var only] })
        {
            exception = only;
        }

        return exception is AgentStreamException { FailureReason: { } reason } && FailureReasons.IsKnown(reason) ? reason : exception.GetType().FullName!;
    }

    /// <summary>Says that the span's work failed.</summary>
    /// <param name="span">The span; null when nobody listens.</param>
    /// <param name="type">The kind of failure.</param>
    /// <param name="description">What may be said of it.</param>
    public static void Fail(this Activity? span, string type, string? description)
    {
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag(GenAI.ErrorType, type).SetStatus(ActivityStatusCode.Error, description);
        }
    }
}
