using Xunit;

namespace AgentStream.TestTools;

/// <summary>Hands the assembly's shared Redis to a test class or a collection: <c>IClassFixture&lt;RedisFixture&gt;</c>, <c>ICollectionFixture&lt;RedisFixture&gt;</c>.</summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private RedisServer? _server;

    /// <summary>The server.</summary>
    public RedisServer Server => _server ?? throw new InvalidOperationException("The fixture is not initialized.");

    /// <inheritdoc/>
    public async Task InitializeAsync() => _server = await RedisServer.SharedAsync();

    /// <inheritdoc/>
    public Task DisposeAsync() => Task.CompletedTask;
}
