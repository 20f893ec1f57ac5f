using AgentStream.Storage.Background;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Webhooks;

/// <summary>Refuses to start when webhooks are to be sent, and the journal outlives the process but the outbox does not: ends would be lost with the process. Makes the outbox, which may wait for the disk.</summary>
internal sealed class WebhooksCheck(ISessionJournal journal, RunWebhooks webhooks) : LifecycleService
{
    /// <inheritdoc/>
    public override Task StartingAsync(CancellationToken cancellationToken)
    {
        if (webhooks.IsOn && journal.OutlivesProcess && !webhooks.Outbox.OutlivesProcess)
        {
            throw new InvalidOperationException(
                $"{WebhookOptions.Section} needs an outbox that lasts as long as {journal.GetType()}: "
                + $"register an {nameof(AgentStream.Storage.Webhooks.IWebhookOutbox)} next to it, or set ConnectionStrings:{AgentStreamOptions.RedisConnectionName}.");
        }

        return Task.CompletedTask;
    }
}
