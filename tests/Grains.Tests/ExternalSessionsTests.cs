using AgentStream.TestTools;

namespace AgentStream.Grains.Tests;

/// <summary>Sessions of other libraries are looked for where the server is told to, and nowhere else.</summary>
public sealed class ExternalSessionsTests
{
    private static readonly UserKey User = new(1, 1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task They_are_refused_unless_the_setting_is_on(bool withRedis)
    {
        await using var silos = await TestSilos.StartAsync(withRedis ? (await RedisServer.SharedAsync()).Configuration : null, new ScriptedModel());
        var refused = await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.GetLiveSessionsAsync(User, includeExternal: true));
        Assert.Equal("include_foreign is off on this server; AgentStream:ListExternalSessions turns it on", refused.Message);
        Assert.Empty(await silos.Client.GetLiveSessionsAsync(User));
    }

    [Fact]
    public async Task They_are_found_when_it_is()
    {
        var redis = await RedisServer.SharedAsync();
        using var raw = await redis.ConnectAsync();
        await using var silos = await TestSilos.StartAsync(
            redis.Configuration, new ScriptedModel(), _ => { }, _ => { }, storage: storage => storage.ListExternalSessions = true);
        await raw.CallAsync("SET", $"{silos.Prefix}:{User}:python:live", "1");
        Assert.Equal([User.Session("python")], await silos.Client.GetLiveSessionsAsync(User, includeExternal: true));
        Assert.Empty(await silos.Client.GetLiveSessionsAsync(User));
    }
}
