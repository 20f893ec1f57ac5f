using System.Net;
using AgentStream.AspNetCore.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.AspNetCore.Tests.Security;

public sealed class LoopbackTests
{
    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://*:0")]
    [InlineData("http://+:0")]
    [InlineData("http://127.0.0.1:0;http://0.0.0.0:0")]
    public async Task While_nothing_says_who_calls_a_server_that_listens_beyond_this_machine_does_not_start(string urls)
    {
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => ChatApp.StartAsync(builder => builder.WebHost.UseUrls(urls)));

        Assert.StartsWith("The server listens on http://", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("AgentStream:Http:AllowAnonymous=true", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("urls", "http://127.0.0.1:0;http://0.0.0.0:0")]
    [InlineData("http_ports", "0")]
    [InlineData("https_ports", "0")]
    public async Task What_is_configured_is_refused_before_anything_starts(string setting, string value)
    {
        var witness = new Witness();
        await Assert.ThrowsAsync<InvalidOperationException>(() => ChatApp.StartAsync(builder =>
        {
            builder.WebHost.UseSetting("urls", "").UseSetting(setting, value);
            builder.Services.AddHostedService(_ => witness);
        }));

        Assert.False(witness.HasStarted);
    }

    [Fact]
    public async Task Listening_that_is_set_up_in_code_is_seen_too()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => ChatApp.StartAsync(builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenAnyIP(0))));
    }

    [Theory]
    [InlineData("http://0.0.0.0:0", false)]
    [InlineData("http://127.0.0.1:0", true)]
    public async Task The_servers_own_section_goes_before_the_urls(string endpoint, bool starts)
    {
        var start = ChatApp.StartAsync(builder =>
        {
            builder.WebHost.UseUrls(starts ? "http://0.0.0.0:0" : "http://127.0.0.1:0");
            builder.Configuration["Kestrel:Endpoints:Only:Url"] = endpoint;
        });

        if (starts)
        {
            await using var app = await start;
            Assert.Equal("[]", await app.Http.GetStringAsync("/chat"));
        }
        else
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => start);
        }
    }

    [Fact]
    public async Task It_starts_when_everybody_is_let_in_on_purpose()
    {
        await using var app = await ChatApp.StartAsync(builder =>
        {
            builder.WebHost.UseUrls("http://0.0.0.0:0");
            builder.Configuration["AgentStream:Http:AllowAnonymous"] = "true";
        });

        Assert.Equal("[]", await app.Http.GetStringAsync("/chat"));
    }

    [Fact]
    public async Task It_starts_when_something_says_who_calls()
    {
        await using var app = await ChatApp.StartAsync(builder =>
        {
            builder.WebHost.UseUrls("http://0.0.0.0:0");
            builder.Services.Configure<AgentStreamHttpOptions>(options => options.GetUser = _ => ValueTask.FromResult<UserKey?>(new UserKey(2, 3)));
        });

        Assert.Equal("[]", await app.Http.GetStringAsync("/chat"));
    }

    [Fact]
    public async Task A_program_without_the_routes_may_listen_anywhere()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://0.0.0.0:0");
        builder.Services.AddAgentStreamHttp();
        await using var app = builder.Build();

        await app.StartAsync();
        Assert.NotEmpty(app.Urls);
    }

    [Theory]
    [InlineData("http://localhost:5000", true)]
    [InlineData("http://LOCALHOST", true)]
    [InlineData("https://127.0.0.1:443", true)]
    [InlineData("http://127.8.9.10:80", true)]
    [InlineData("http://[::1]:5000", true)]
    [InlineData("http://[::ffff:127.0.0.1]:5000", true)]
    [InlineData("http://unix:/run/agent.sock", true)]
    [InlineData("http://0.0.0.0:5000", false)]
    [InlineData("http://[::]:5000", false)]
    [InlineData("http://*:5000", false)]
    [InlineData("http://+:5000", false)]
    [InlineData("http://192.168.1.2:5000", false)]
    [InlineData("http://[fe80::1]:5000", false)]
    [InlineData("http://example.com:5000", false)]
    [InlineData("http://localhost.example.com", false)]
    [InlineData("http://127.0.0.1.example.com", false)]
    [InlineData("no address", false)]
    public void An_address_is_this_machines_only_when_nobody_else_can_reach_it(string address, bool expected) =>
        Assert.Equal(expected, LoopbackRule.IsLoopbackAddress(address));

    [Theory]
    [InlineData("127.0.0.1", "localhost:5000", true)]
    [InlineData("::1", "[::1]:5000", true)]
    [InlineData(null, "", true)]
    [InlineData("10.0.0.1", "localhost:5000", false)]
    [InlineData("127.0.0.1", "evil.example:5000", false)]
    public async Task No_request_from_beyond_is_served_whatever_was_bound(string? local, string host, bool expected)
    {
        await using var app = await ChatApp.StartAsync();
        var request = new DefaultHttpContext();
        request.Connection.LocalIpAddress = local is null ? null : IPAddress.Parse(local);
        request.Request.Host = new HostString(host);

        Assert.Equal(expected, await app.Services.GetRequiredService<LoopbackRule>().AdmitsAsync(request));
    }

    [Fact]
    public async Task A_page_under_a_name_that_resolves_to_this_machine_is_refused()
    {
        await using var app = await ChatApp.StartAsync();
        app.Http.DefaultRequestHeaders.Host = "evil.example";
        using var response = await app.Http.GetAsync("/chat");

        var problem = await Problem.OfAsync(response, HttpStatusCode.Forbidden);
        Assert.Equal(LoopbackRule.Why, problem.Detail);
    }

    private sealed class Witness : IHostedService
    {
        public bool HasStarted { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            HasStarted = true;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
