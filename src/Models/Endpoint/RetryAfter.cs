using System.ClientModel.Primitives;
using System.Globalization;

namespace AgentStream.Models.Endpoint;

/// <summary>How long an endpoint asks to wait before the next try.</summary>
internal static class RetryAfter
{
    /// <summary>
    /// Reads the response's headers: <c>retry-after-ms</c>, or <c>Retry-After</c> in seconds or as a date. Null when there is none that
    /// makes sense.
    /// </summary>
    public static TimeSpan? Read(PipelineResponse response, TimeProvider time)
    {
        if (response.Headers.TryGetValue("retry-after-ms", out var milliseconds) && Number(milliseconds) is { } ms)
        {
            return Span(ms / 1000);
        }

        if (!response.Headers.TryGetValue("Retry-After", out var text))
        {
            return null;
        }

        if (Number(text) is { } seconds)
        {
            return Span(seconds);
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? Span((date - time.GetUtcNow()).TotalSeconds)
            : null;
    }

    private static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    // A date in the past asks for no wait; one that a TimeSpan cannot hold is as good as a day.
    private static TimeSpan Span(double seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, TimeSpan.SecondsPerDay));
}
