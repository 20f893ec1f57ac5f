using AgentStream.Storage.InMemory;
using AgentStream.Storage.Queue;

namespace AgentStream.Storage.Tests.Queue;

/// <summary>The queue in memory keeps the contract.</summary>
public sealed class InMemoryPromptQueueTests : PromptQueueContract
{
    protected override IPromptQueue Queue { get; } = new InMemoryPromptQueue();
}
