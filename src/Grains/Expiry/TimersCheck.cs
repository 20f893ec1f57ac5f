using AgentStream.Grains.Agents;
using AgentStream.Storage.Background;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Timers;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Expiry;

/// <summary>Refuses to start when requests are to expire, and the journal outlives the process but the timers do not: after a restart, those that are open would never expire.</summary>
internal sealed class TimersCheck(ISessionJournal journal, ISessionTimers timers, AgentCatalog agents, IOptions<AgentStreamOptions> options) : LifecycleService
{
    /// <inheritdoc/>
    public override Task StartingAsync(CancellationToken cancellationToken)
    {
        if (journal.OutlivesProcess && !timers.OutlivesProcess && (options.Value.ApprovalTimeout is not null || agents.HaveApprovalTimeouts))
        {
            throw new InvalidOperationException(
                $"{AgentStreamOptions.Section}:{nameof(AgentStreamOptions.ApprovalTimeout)} needs timers that last as long as {journal.GetType()}: "
                + $"register an {nameof(ISessionTimers)} next to it, or set ConnectionStrings:{AgentStreamOptions.RedisConnectionName}.");
        }

        return Task.CompletedTask;
    }
}
