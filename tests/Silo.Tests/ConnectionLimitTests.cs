using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;

namespace AgentStream.Silo.Tests;

/// <summary>An address has only so many connections, and this machine, with the proxies on it, as many as it likes.</summary>
public sealed class ConnectionLimitTests
{
    [Theory]
    [InlineData("192.0.2.1", 2)]
    [InlineData("::ffff:192.0.2.1", 2)]
    [InlineData("127.0.0.1", 3)]
    [InlineData("::1", 3)]
    public async Task More_connections_of_an_address_than_it_may_have_are_closed_until_others_are_over(string address, int served)
    {
        var limit = new ConnectionLimit(2);
        var over = new TaskCompletionSource();
        var count = 0;
        var open = Enumerable.Range(0, 3).Select(_ => limit.OnConnectionAsync(From(address), Serve)).ToList();
        Assert.Equal(served, count);
        await limit.OnConnectionAsync(From("192.0.2.2"), _ => Task.FromResult(count = 100));
        Assert.Equal(100, count);

        over.SetResult();
        await Task.WhenAll(open);
        Assert.Equal(0, limit.Addresses);
        await limit.OnConnectionAsync(From(address), _ => Task.FromResult(count = 200));
        Assert.Equal(200, count);

        Task Serve(ConnectionContext connection)
        {
            count++;
            return over.Task;
        }
    }

    [Theory]
    [InlineData(null, null, 1_000)]
    [InlineData("5", null, 5)]
    [InlineData("0", null, int.MaxValue)]
    [InlineData(null, "true", int.MaxValue)]
    [InlineData("5", "true", 5)]
    public async Task The_settings_say_how_many(string? setting, string? forwarded, int most)
    {
        var limit = ConnectionLimit.Of(Settings(setting, forwarded));
        var (over, served) = (new TaskCompletionSource(), 0);
        var open = Enumerable.Range(0, 1_100).Select(_ => limit.OnConnectionAsync(From("192.0.2.1"), connection => ++served > 0 ? over.Task : over.Task)).ToList();
        Assert.Equal(Math.Min(most, 1_100), served);
        over.SetResult();
        await Task.WhenAll(open);
    }

    [Theory]
    [InlineData("many")]
    [InlineData("-1")]
    public void A_setting_that_is_no_number_is_refused_by_name(string setting) =>
        Assert.Contains(ConnectionLimit.Setting, Assert.Throws<InvalidOperationException>(() => ConnectionLimit.Of(Settings(setting, null))).Message, StringComparison.Ordinal);

    private static IConfiguration Settings(string? setting, string? forwarded) => new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?> { [ConnectionLimit.Setting] = setting, ["FORWARDEDHEADERS_ENABLED"] = forwarded })
        .Build();

    private static DefaultConnectionContext From(string address) => new() { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 1) };
}
