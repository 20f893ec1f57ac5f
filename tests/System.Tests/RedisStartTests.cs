using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>A Redis that will not do is one sentence when the silo starts, and not the first user's 500.</summary>
public sealed class RedisStartTests
{
    private const string AnyPort = "http://127.0.0.1:0";

    [Theory]
    [InlineData("~pyaix:* resetchannels +@all", "it answers SUBSCRIBE with 'NOPERM ")]
    [InlineData("~other:* &* +@all", "it answers EVAL with 'NOPERM ")]
    [InlineData("~pyaix:* &pyaix:* +@all -xadd", "it answers XADD with '")]
    public async Task A_user_without_the_rights(string rights, string why)
    {
        await using var server = await RedisServer.StartAsync();
        using var raw = await server.ConnectAsync();
        await raw.CallAsync(["ACL", "SETUSER", "u1", "on", ">S3CRET", .. rights.Split(' ')]);

        await IsRefusedAsync($"{server.Configuration},user=u1,password=S3CRET", why);
    }

    [Fact]
    public async Task A_server_that_is_too_old()
    {
        await using var server = await RedisServer.StartAsync(arguments: ["--rename-command", "GETDEL", ""]);
        await IsRefusedAsync(server.Configuration, "it does not know GETDEL");
    }

    [Fact]
    public async Task A_Redis_Cluster()
    {
        await using var server = await RedisServer.StartAsync(arguments: ["--cluster-enabled", "yes"]);
        using var raw = await server.ConnectAsync();
        await raw.CallAsync("CLUSTER", "ADDSLOTSRANGE", "0", "16383");

        await IsRefusedAsync(server.Configuration, "it is a Redis Cluster");
    }

    [Fact]
    public async Task A_silo_with_a_user_that_has_just_the_rights_that_are_asked_for_serves_and_is_warned_of_eviction_by_an_operator_only()
    {
        await using var server = await RedisServer.StartAsync(arguments: ["--maxmemory-policy", "allkeys-lru"]);
        using var raw = await server.ConnectAsync();
        await raw.CallAsync("ACL", "SETUSER", "u1", "on", ">secret", "~pyaix:*", "&pyaix:*", "+@all", "-@admin", "-@dangerous");
        await using var silo = await SiloProcess.StartAsync($"--ConnectionStrings:redis={server.Configuration},user=u1,password=secret");
        await using var operated = await SiloProcess.StartAsync($"--ConnectionStrings:redis={server.Configuration}");

        const string Warning = "has the maxmemory-policy 'allkeys-lru'";
        await Wait.Until(() => operated.Output.Contains(Warning, StringComparison.Ordinal), "the operator is warned");
        Assert.Single(operated.Output.Split('\n'), line => line.Contains(Warning, StringComparison.Ordinal));
        Assert.DoesNotContain("maxmemory-policy", silo.Output, StringComparison.Ordinal);
    }

    private static async Task IsRefusedAsync(string redis, string why)
    {
        var (exitCode, output) = await SiloProcess.RunToExitAsync("--urls", AnyPort, $"--ConnectionStrings:redis={redis}");
        Assert.Equal(1, exitCode);
        Assert.StartsWith("AgentStream cannot start: ConnectionStrings:redis names a Redis that will not do, 127.0.0.1:", output, StringComparison.Ordinal);
        Assert.Contains(why, output, StringComparison.Ordinal);
        Assert.Single(output.Trim().Split('\n'));
        Assert.DoesNotContain("S3CRET", output, StringComparison.Ordinal);
    }
}
