using AgentStream.Storage.Background;

namespace AgentStream.Grains.Agents;

/// <summary>Sets the agents up before the program starts to listen: a tool that cannot be called stops the start, not the first prompt.</summary>
internal sealed class AgentCheck(AgentCatalog agents) : LifecycleService
{
    /// <inheritdoc/>
    public override Task StartingAsync(CancellationToken cancellationToken)
    {
        agents.Check();
        return Task.CompletedTask;
    }
}
