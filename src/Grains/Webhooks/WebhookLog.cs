using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Webhooks;

/// <summary>The events of webhooks: 2700 to 2799. An id is never given to another event. Lines name a host, and never the rest of a URL or a secret.</summary>
internal static partial class WebhookLog
{
    [LoggerMessage(2700, LogLevel.Warning, "Webhook {Webhook} to {Host} is given up after {Attempts} attempts: {Reason}.")]
    public static partial void WebhookGivenUp(this ILogger logger, string webhook, string host, int attempts, string reason);

    [LoggerMessage(2701, LogLevel.Information, "Attempt {Attempt} of webhook {Webhook} to {Host} failed: {Reason}. The next is in {Pause}.")]
    public static partial void WebhookFailed(this ILogger logger, int attempt, string webhook, string host, string reason, TimeSpan pause);

    [LoggerMessage(2702, LogLevel.Warning, "Webhook {Webhook} to {Host} is dropped, and so are those after it: {Most} wait for the same receiver, and no more may (AgentStream:Webhooks:MaxWaiting).")]
    public static partial void WebhookDropped(this ILogger logger, string webhook, string host, int most);

    [LoggerMessage(2703, LogLevel.Warning, "Webhook {Webhook} to {Host} could not be kept, and is not sent.")]
    public static partial void WebhookNotKept(this ILogger logger, Exception exception, string webhook, string host);

    [LoggerMessage(2704, LogLevel.Warning, "Webhook {Webhook} is dropped: {Reason}.")]
    public static partial void WebhookNotSent(this ILogger logger, string webhook, string reason);
}
