using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Mcp.Tests;

/// <summary>Servers over HTTP that are reached by the host's handlers.</summary>
public sealed class HostHttpTests : IAsyncDisposable
{
    private const string Hi = """{"content":[{"type":"text","text":"hi"}]}""";

    private readonly CountingHandler _handler = new();
    private readonly ServiceProvider _services;

    public HostHttpTests()
    {
        var services = new ServiceCollection();
        services.AddMcpHttpClient().AddHttpMessageHandler(() => _handler);

        // Configured agents do the same, and change nothing.
        services.AddMcpHttpClient();
        _services = services.BuildServiceProvider();
    }

    private McpHttp Http => _services.GetRequiredService<McpHttp>();

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public async Task Each_request_goes_through_the_hosts_handlers_once()
    {
        await using var server = await RawServer.StartAsync(Hi);
        await using (var source = server.NewSource(http: Http))
        {
            var tool = (AIFunction)(await source.GetToolsAsync(CancellationToken.None)).Single();
            Assert.Equal("hi", await tool.InvokeAsync(new AIFunctionArguments()));
        }

        Assert.Single(server.Of("tools/call"));
        Assert.Equal(server.Requests.Count, _handler.Requests);
    }

    [Fact]
    public async Task An_agent_finds_them_in_its_services()
    {
        await using var server = await RawServer.StartAsync(Hi);
        await using var silos = await TestSilos.StartAsync(
            null,
            new ScriptedModel([Step.Call("c1", "t")], [Step.Say("ok")]),
            _ => { },
            agent => agent.WithMcpServer("tools", server.Url, TestServer.Patient),
            services => services.AddMcpHttpClient().AddHttpMessageHandler(() => _handler));
        Assert.Contains("\"content\":\"hi\"", await silos.RunAsync(), StringComparison.Ordinal);
        Assert.NotEqual(0, _handler.Requests);
    }

    [Fact]
    public async Task Another_origin_gets_nothing()
    {
        await using var other = await RawServer.StartAsync();
        await using var server = await RawServer.StartAsync();
        server.Redirect = context =>
        {
            context.Response.Headers.Location = other.Url.ToString();
            return RawServer.StatusAsync(context, 307);
        };
        await using var source = server.NewSource(http: Http);
        var refused = await Assert.ThrowsAsync<McpServerException>(() => source.GetToolsAsync(CancellationToken.None).AsTask());
        Assert.EndsWith("which is not followed", refused.Message, StringComparison.Ordinal);
        Assert.Empty(other.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_has_cookies_of_its_own(bool isOfHost)
    {
        await using var server = await RawServer.StartAsync();
        server.Redirect = context =>
        {
            context.Response.Headers.SetCookie = "node=1; Path=/";
            return null;
        };
        for (var i = 0; i < 2; i++)
        {
            var before = server.Requests.Count;
            await using var source = server.NewSource(configure: options =>
            {
                options.Headers["Cookie"] = "given=2";
                options.Initialize = McpInitialize.Legacy;
            }, http: isOfHost ? Http : null);
            await source.GetToolsAsync(CancellationToken.None);
            var cookies = server.Requests.Skip(before).Select(request => request.Headers["Cookie"]).ToList();
            Assert.Equal("given=2", cookies[0]);
            Assert.All(cookies.Skip(1), sent => Assert.Equal("given=2; node=1", sent));
            Assert.True(cookies.Count > 1);
        }
    }

    private sealed class CountingHandler : DelegatingHandler
    {
        private int _requests;

        public int Requests => _requests;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _requests);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
