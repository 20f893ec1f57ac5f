using AgentStream.Storage.Background;

namespace AgentStream.Grains.Agents;

/// <summary>Sets the agents up before the program starts to listen: a tool that cannot be called stops the start, not the first prompt.</summary>
internal sealed class AgentCheck(AgentCatalog agents, Admission admission) : LifecycleService
{
    /// <inheritdoc/>
    public override async Task StartingAsync(CancellationToken cancellationToken)
    {
        agents.Check();
        foreach (var (name, access) in agents.Accesses)
        {
            await admission.CheckAsync(name, access);
        }
    }
}
