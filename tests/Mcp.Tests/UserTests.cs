using Microsoft.Extensions.AI;

namespace AgentStream.Mcp.Tests;

/// <summary>A program may run as a user of its own. Only root may start such a program, so elsewhere the setting is refused.</summary>
public sealed class UserTests
{
    private const string Secret = "AGENTSTREAM_TEST_USER_SECRET";

    [Fact]
    public async Task A_program_runs_as_the_user_that_is_set()
    {
        if (!IsPossible())
        {
            return;
        }

        Environment.SetEnvironmentVariable(Secret, "1234");
        var place = await AskAsync("nobody", "echo $(id -u) $(id -g) $(id -un) home=$HOME user=$USER,$LOGNAME own=$OWN; env | grep -c AGENTSTREAM_TEST; cat /proc/self/status | grep CapEff", options => options.Environment["OWN"] = "yes");
        var lines = place.Split('\n', ' ');
        Assert.NotEqual("0", lines[0]);
        Assert.NotEqual("0", lines[1]);
        Assert.Equal("nobody", lines[2]);
        Assert.DoesNotContain("root", place, StringComparison.Ordinal);
        Assert.Contains("user=nobody,nobody own=yes", place, StringComparison.Ordinal);
        Assert.Contains("CapEff:\t0000000000000000", place, StringComparison.Ordinal);

        // Neither what this process knows, nor its groups.
        Assert.Contains("0", lines);
    }

    [Fact]
    public async Task A_user_that_does_not_exist_is_named()
    {
        if (!IsPossible())
        {
            return;
        }

        var refused = await Assert.ThrowsAsync<McpServerException>(() => AskAsync("nobody-of-that-name", "true"));
        Assert.Equal("MCP server 'tools' cannot be used: 'sh' cannot be started as the user 'nobody-of-that-name': there is no such user", refused.Message);
        Assert.Equal("MCP server 'tools' cannot be used: it cannot be started as the user 'nobody-of-that-name'", refused.PublicMessage);
    }

    [Fact]
    public void A_user_goes_with_a_program_only()
    {
        var refused = Assert.Throws<ArgumentException>(() => new AgentBuilder().WithMcpServer("web", new Uri("http://127.0.0.1/mcp"), server => server.User = "nobody"));
        Assert.StartsWith("MCP server 'web': User goes with Command, not with Url.", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Whether programs of other users can be started here; where not, the setting must be refused.</summary>
    private static bool IsPossible()
    {
        if (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess)
        {
            return true;
        }

        var refused = Assert.Throws<ArgumentException>(() => new AgentBuilder().WithMcpServer("files", "sh", configure: server => server.User = "nobody"));
        Assert.Contains(OperatingSystem.IsLinux() ? "User needs a process that runs as root" : "User can be set on Linux only", refused.Message, StringComparison.Ordinal);
        return false;
    }

    private static async Task<string> AskAsync(string user, string command, Action<McpConnectionOptions>? configure = null)
    {
        await using var source = ShellServer.NewSource(ShellServer.Say($"({command}) | sed 's/\\t/\\\\t/g; s/$/\\\\n/' | tr -d '\\n'"), options =>
        {
            options.User = user;
            configure?.Invoke(options);
        });
        var tool = (AIFunction)Assert.Single(await source.GetToolsAsync(CancellationToken.None));
        return Assert.IsType<string>(await tool.InvokeAsync(new AIFunctionArguments()));
    }
}
