using AgentStream.Cli.Target;

namespace AgentStream.Cli.Tests;

public sealed class TargetTests
{
    [Theory]
    [InlineData(null, "http://127.0.0.1:5080/chat")]
    [InlineData("http://server:81", "http://server:81/chat")]
    [InlineData("https://server/", "https://server/chat")]
    [InlineData("https://server/agents/talk", "https://server/agents/talk")]
    public void The_routes_are_below_the_server(string? url, string address) => Assert.Equal(address, TargetOptions.Address(url).AbsoluteUri);

    [Theory]
    [InlineData("server:81")]
    [InlineData("ftp://server")]
    [InlineData("")]
    public void Any_other_address_is_refused(string url) =>
        Assert.Equal("--url", Assert.Throws<InvalidInputException>(() => TargetOptions.Address(url)).Field);
}
