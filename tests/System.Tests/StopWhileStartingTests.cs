using System.Net;
using System.Net.Sockets;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>An order to stop that comes while a silo starts is obeyed, and is no failure.</summary>
public sealed class StopWhileStartingTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private const string AnyPort = "http://127.0.0.1:0";

    // Moments of a start, in milliseconds since its program runs: before it has built anything, while it connects, while Orleans starts, when it is nearly there.
    [Theory]
    [InlineData(0, true)]
    [InlineData(100, true)]
    [InlineData(300, false)]
    [InlineData(600, true)]
    [InlineData(1_000, false)]
    [InlineData(1_500, true)]
    [InlineData(2_000, true)]
    [InlineData(2_500, false)]
    [InlineData(3_500, true)]
    public async Task At_any_moment_the_exit_code_is_0(int milliseconds, bool hasRedis)
    {
        string[] settings = hasRedis ? [$"--ConnectionStrings:redis={redis.Server.Configuration}", $"--AgentStream:RedisPrefix={RedisServer.NewPrefix()}"] : [];
        await using var silo = SiloProcess.Launch(["--urls", AnyPort, .. settings]);
        await silo.RunsAsync();
        await Task.Delay(milliseconds);

        await silo.StopAsync(milliseconds % 200 == 0 ? "TERM" : "INT");

        IsNoFailure(silo);
    }

    [Fact]
    public async Task While_it_waits_for_a_Redis_that_does_not_answer_it_stops_in_seconds()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var silo = SiloProcess.Launch("--urls", AnyPort, $"--ConnectionStrings:redis={listener.LocalEndpoint}");
        using var client = await listener.AcceptTcpClientAsync().Within("the silo connects");

        await silo.StopAsync();

        IsNoFailure(silo);
    }

    private static void IsNoFailure(SiloProcess silo)
    {
        Assert.DoesNotContain("AgentStream cannot", silo.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", silo.Output, StringComparison.Ordinal);
    }
}
