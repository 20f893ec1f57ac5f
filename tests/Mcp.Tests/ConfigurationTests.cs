using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace AgentStream.Mcp.Tests;

/// <summary>Servers from the configuration.</summary>
public sealed class ConfigurationTests
{
    private const string Servers = "AgentStream:Agents:helper:McpServers";

    [Fact]
    public void Every_setting_is_read()
    {
        var servers = McpConfiguration.Read(Section(
            "files:Command=npx",
            "files:Arguments:0=-y",
            "files:Arguments:1=files",
            "files:Environment:ROOT=/data",
            "files:InheritEnvironment=true",
            "files:WorkingDirectory=/data",
            "files:Prefix=files_",
            "files:Tools:0=read",
            "files:ConnectTimeout=00:00:10",
            "files:Initialize=Legacy",
            "web:Url=https://example.com/mcp",
            "web:Headers:Authorization=Bearer 1"));
        Assert.Equal(["files", "web"], servers.Keys.Order());
        var (files, web) = (servers["files"], servers["web"]);
        Assert.Equal(("npx", true, "/data", "files_", TimeSpan.FromSeconds(10)), (files.Command, files.InheritEnvironment, files.WorkingDirectory, files.Prefix, files.ConnectTimeout));
        Assert.Equal((McpInitialize.Legacy, McpInitialize.Auto), (files.Initialize, web.Initialize));
        Assert.Equal(["-y", "files"], files.Arguments);
        Assert.Equal(["read"], files.Tools);
        Assert.Equal("/data", files.Environment["ROOT"]);
        Assert.Equal("https://example.com/mcp", web.Url?.ToString());
        Assert.Equal("Bearer 1", web.Headers["authorization"]);
    }

    [Fact]
    public void A_section_that_is_not_there_has_no_servers() => Assert.Empty(McpConfiguration.Read(Section()));

    [Theory]
    [InlineData(":Command or {0}:Url must be set, and not both.", "s:Prefix=a")]
    [InlineData(":Command or {0}:Url must be set, and not both.", "s:Command=a", "s:Url=http://b")]
    [InlineData(" must be a section with settings, not a value.", "s=npx")]
    [InlineData(":Comand is no setting of an MCP server; those are Approval, Arguments, Command, ConnectTimeout, ", "s:Comand=a")]
    [InlineData(":Url must be an absolute http or https address.", "s:Url=files")]
    [InlineData(":Url must be an absolute http or https address.", "s:Url=file:///etc")]
    [InlineData(":Headers goes with Url, not with Command.", "s:Command=a", "s:Headers:A=b")]
    [InlineData(":Arguments goes with Command, not with Url.", "s:Url=http://b", "s:Arguments:0=b")]
    [InlineData(":Environment goes with Command, not with Url.", "s:Url=http://b", "s:Environment:A=b")]
    [InlineData(":InheritEnvironment goes with Command, not with Url.", "s:Url=http://b", "s:InheritEnvironment=true")]
    [InlineData(":WorkingDirectory goes with Command, not with Url.", "s:Url=http://b", "s:WorkingDirectory=/")]
    [InlineData(":Headers:a b has a name that no header can have.", "s:Url=http://b", "s:Headers:a b=c")]
    [InlineData(":Headers:A must not contain control characters.", "s:Url=http://b", "s:Headers:A=b\nc")]
    [InlineData(":Environment:A B= has a name that no environment variable can have.", "s:Command=a", "s:Environment:A B\u003d=c")]
    [InlineData(":Prefix must have at most 32 characters, of A-Z a-z 0-9 _ -, but is 'a b'.", "s:Command=a", "s:Prefix=a b")]
    [InlineData(":ConnectTimeout must be from 00:00:00.1000000 to 00:10:00, but is '01:00:00'.", "s:Command=a", "s:ConnectTimeout=01:00:00")]
    [InlineData(":Initialize must be auto or legacy, but is 'old'.", "s:Command=a", "s:Initialize=old")]
    [InlineData(":Initialize must be auto or legacy, but is '1'.", "s:Command=a", "s:Initialize=1")]
    [InlineData(":Approval must be never, always or destructive, but is 'sometimes'.", "s:Command=a", "s:Approval=sometimes")]
    [InlineData(":Approval must be never, always or destructive, but is '1'.", "s:Command=a", "s:Approval=1")]
    [InlineData(":Initialize must be auto or legacy, but is ''.", "s:Command=a", "s:Initialize=")]
    [InlineData(":ConnectTimeout must be a duration such as ", "s:Command=a", "s:ConnectTimeout=soon")]
    public void A_wrong_setting_is_named(string expected, params string[] settings)
    {
        var refused = Assert.Throws<OptionsValidationException>(() => new AgentBuilder().WithMcpServers(Section(settings)));
        Assert.Contains($"{Servers}:s{expected.Replace("{0}", $"{Servers}:s", StringComparison.Ordinal)}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_setting_in_code_is_named()
    {
        var refused = Assert.Throws<ArgumentException>(() => new AgentBuilder().WithMcpServer("files", "npx", configure: server => server.Prefix = "a b"));
        Assert.StartsWith("MCP server 'files': Prefix must have at most 32 characters", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_beginning_that_there_is_not_is_refused_in_code()
    {
        var refused = Assert.Throws<ArgumentException>(() => new AgentBuilder().WithMcpServer("files", "npx", configure: server => server.Initialize = (McpInitialize)7));
        Assert.StartsWith("MCP server 'files': Initialize must be auto or legacy, but is '7'.", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("legacy", McpInitialize.Legacy)]
    [InlineData("auto", McpInitialize.Auto)]
    [InlineData("LEGACY", McpInitialize.Legacy)]
    public void How_to_begin_is_read(string value, McpInitialize expected) =>
        Assert.Equal(expected, McpConfiguration.Read(Section("s:Command=a", $"s:Initialize={value}"))["s"].Initialize);

    [Fact]
    public async Task A_configured_server_serves_its_agent()
    {
        using var server = new TestServer();
        var settings = server.Arguments().Select((argument, i) => $"tools:Arguments:{i}={argument}").Append($"tools:Command={TestServer.Command}").Append("tools:Prefix=my_");
        var model = new ScriptedModel([Step.Call("c1", "my_echo", ("text", "hi"))], [Step.Say("ok")]);
        await using var silos = await McpSilos.StartAsync(model, agent => agent.WithMcpServers(Section([.. settings])));
        Assert.Contains("\"content\":\"hi\"", await silos.RunAsync(), StringComparison.Ordinal);
    }

    // name=value, the first = counts unless the name ends in one.
    private static IConfigurationSection Section(params string[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting =>
        {
            var end = setting.IndexOf("==", StringComparison.Ordinal) is var doubled and > 0 ? doubled + 1 : setting.IndexOf('=', StringComparison.Ordinal);
            return KeyValuePair.Create($"{Servers}:{setting[..end]}", (string?)setting[(end + 1)..]);
        }))
        .Build()
        .GetSection(Servers);
}
