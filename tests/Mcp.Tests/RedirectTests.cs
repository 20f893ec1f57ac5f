using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace AgentStream.Mcp.Tests;

/// <summary>Redirects: on the same origin they are followed with all that the request has, to another never.</summary>
public sealed class RedirectTests
{
    private const string Key = "X-Api-Key";

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_on_the_same_origin_keeps_the_request_as_it_is(int status)
    {
        await using var server = await RawServer.StartAsync("""{"content":[{"type":"text","text":"hi"}]}""");
        Redirect(server, status, "/mcp", _ => "/mcp/");
        await using var source = server.NewSource(configure: options => options.Headers[Key] = "secret");
        var tool = (AIFunction)(await source.GetToolsAsync(CancellationToken.None)).Single();
        Assert.Equal("hi", await tool.InvokeAsync(new AIFunctionArguments()));

        var calls = server.Of("tools/call");
        Assert.Equal(["/mcp", "/mcp/"], calls.Select(call => call.Path));
        Assert.All(calls, call => Assert.Equal(("secret", calls[0].Id), (call.Headers[Key], call.Id)));
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Another_origin_gets_nothing(int status)
    {
        await using var other = await RawServer.StartAsync();
        await using var server = await RawServer.StartAsync();
        Redirect(server, status, "/mcp", _ => $"{other.Url}?token=1234");
        Assert.Equal(
            $"MCP server 'tools' cannot be used: it redirects to another origin, http://127.0.0.1:{other.Url.Port}, which is not followed", await RefusedAsync(server));
        Assert.Empty(other.Requests);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("https://127.0.0.1:{0}/mcp", "https://127.0.0.1:{0}")]
    [InlineData("http://localhost:{0}/mcp", "http://localhost:{0}")]
    [InlineData("//user:pass@example.com/mcp", "http://example.com")]
    public async Task An_origin_is_scheme_host_and_port(string target, string origin)
    {
        await using var server = await RawServer.StartAsync();
        var port = server.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Redirect(server, 307, "/mcp", _ => target.Replace("{0}", port, StringComparison.Ordinal));
        Assert.Equal(
            $"MCP server 'tools' cannot be used: it redirects to another origin, {origin.Replace("{0}", port, StringComparison.Ordinal)}, which is not followed",
            await RefusedAsync(server));
    }

    [Fact]
    public async Task A_redirect_that_asks_for_a_GET_is_refused()
    {
        await using var server = await RawServer.StartAsync();
        Redirect(server, 303, "/mcp", _ => "/mcp/");
        Assert.Equal("MCP server 'tools' cannot be used: it redirects with HTTP status 303, which asks for a GET and is not followed", await RefusedAsync(server));
    }

    [Fact]
    public async Task Redirects_that_do_not_end_are_refused()
    {
        await using var server = await RawServer.StartAsync();
        Redirect(server, 307, "", path => path + "/");
        Assert.Equal("MCP server 'tools' cannot be used: it redirects more than 5 times", await RefusedAsync(server));
        Assert.Equal(1 + McpHttpHandler.MaxRedirects, server.Requests.Count);
    }

    [Fact]
    public async Task A_call_that_is_redirected_to_another_origin_says_so_to_the_model()
    {
        await using var server = await RawServer.StartAsync();
        server.Answers["tools/call"] = (_, context) => RedirectAsync(context, 307, "http://example.com/?token=1234");
        var refused = await Assert.ThrowsAsync<McpServerException>(() => server.CallAsync());
        Assert.Equal("MCP server 'tools' did not answer the call: it redirects to another origin, http://example.com, which is not followed", refused.Message);
    }

    private static async Task<string> RefusedAsync(RawServer server)
    {
        await using var source = server.NewSource(configure: options => options.Headers[Key] = "secret");
        return (await Assert.ThrowsAsync<McpServerException>(() => source.GetToolsAsync(CancellationToken.None).AsTask())).Message;
    }

    private static void Redirect(RawServer server, int status, string from, Func<string, string> to) => server.Redirect = context =>
    {
        if (from.Length > 0 && context.Request.Path != from)
        {
            return null;
        }

        return RedirectAsync(context, status, to(context.Request.Path));
    };

    private static Task RedirectAsync(HttpContext context, int status, string target)
    {
        context.Response.Headers.Location = target;
        return RawServer.StatusAsync(context, status);
    }
}
