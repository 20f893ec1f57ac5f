using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Webhooks;

/// <summary>When a webhook is tried again.</summary>
internal sealed class WebhookPlan(IOptions<WebhookOptions> options)
{
    private static readonly TimeSpan[] Default =
        [TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5), TimeSpan.FromHours(10)];

    // A receiver may ask for more time than the plan has, but not for as much as it likes.
    private static readonly TimeSpan LongestWish = TimeSpan.FromHours(1);

    private readonly Lazy<TimeSpan[]> _pauses = new(() => options.Value.Retries is { Count: > 0 } retries
        ? [.. retries.Select(pause => Durations.TryParse(pause, out var duration) ? duration : throw new InvalidOperationException(Durations.Rule))]
        : Default);

    /// <summary>The pause after a failed attempt: up to a tenth longer than planned, by the webhook's id, so that those of a moment do not all come back at one.</summary>
    /// <param name="id">The webhook.</param>
    /// <param name="failures">How many attempts have failed, at least one.</param>
    /// <param name="wish">How long the receiver asked to be left alone; null for no matter.</param>
    /// <returns>The pause; null when there is no attempt any more.</returns>
    public TimeSpan? After(string id, int failures, TimeSpan? wish)
    {
        if (failures > _pauses.Value.Length)
        {
            return null;
        }

        var pause = _pauses.Value[failures - 1];
        pause += pause * (id[^1] % 16 / 160.0);
        var asked = wish > LongestWish ? LongestWish : wish ?? TimeSpan.Zero;
        return asked > pause ? asked : pause;
    }
}
