using AgentStream.Storage.InMemory;
using AgentStream.Storage.Webhooks;

namespace AgentStream.Storage.Tests.Webhooks;

/// <summary>The outbox in memory keeps the contract.</summary>
public sealed class InMemoryWebhookOutboxTests : WebhookOutboxContract
{
    protected override IWebhookOutbox Outbox { get; } = new InMemoryWebhookOutbox();

    protected override ValueTask<IWebhookOutbox?> OpenAgainAsync() => new((IWebhookOutbox?)null);
}
