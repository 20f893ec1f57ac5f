using AgentStream.Storage.InMemory;
using AgentStream.Storage.Usage;

namespace AgentStream.Storage.Tests.Usage;

/// <summary>The store in memory keeps the contract.</summary>
public sealed class InMemoryUsageStoreTests : UsageStoreContract
{
    protected override IUsageStore Store { get; } = new InMemoryUsageStore();

    protected override ValueTask<IUsageStore?> OpenAgainAsync() => new((IUsageStore?)null);
}
