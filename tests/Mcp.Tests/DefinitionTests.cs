using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Mcp.Tests;

/// <summary>Definitions of tools that are not as they should be: at worst the tool is left out, and the others stay.</summary>
public sealed class DefinitionTests
{
    private const string Empty = """{"type":"object","properties":{}}""";
    private const string Good = """{"name":"good","inputSchema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}}""";

    [Theory]
    [InlineData("none", """{"name":"odd"}""", Empty)]
    [InlineData("null", """{"name":"odd","inputSchema":null}""", Empty)]
    [InlineData("true", """{"name":"odd","inputSchema":true}""", Empty)]
    [InlineData("empty", """{"name":"odd","inputSchema":{}}""", Empty)]
    [InlineData("no properties", """{"name":"odd","inputSchema":{"type":"object"}}""", Empty)]
    [InlineData("properties that are null", """{"name":"odd","inputSchema":{"type":"object","properties":null,"required":null}}""", Empty)]
    [InlineData("no type", """{"name":"odd","inputSchema":{"properties":{"a":{"type":"string"}}}}""", """{"type":"object","properties":{"a":{"type":"string"}}}""")]
    [InlineData("two types", """{"name":"odd","inputSchema":{"type":["object","null"]}}""", Empty)]
    [InlineData(
        "properties without a schema",
        """{"name":"odd","inputSchema":{"type":"object","properties":{"a":null,"b":true,"c":"text"}}}""",
        """{"type":"object","properties":{"a":{},"b":{},"c":{}}}""")]
    [InlineData(
        "a choice next to properties",
        """{"name":"odd","inputSchema":{"type":"object","properties":{"a":{},"b":{}},"anyOf":[{"required":["a"]},{"required":["b"]}],"additionalProperties":false}}""",
        """{"type":"object","properties":{"a":{},"b":{}},"additionalProperties":false}""")]
    [InlineData("wrong names of what is required", """{"name":"odd","inputSchema":{"properties":{"a":{}},"required":["a",1,null]}}""", """{"type":"object","properties":{"a":{}},"required":["a"]}""")]
    [InlineData("annotations of a wrong type", """{"name":"odd","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":"yes"}}""", Empty)]
    [InlineData("icons of a wrong type", """{"name":"odd","inputSchema":{"type":"object"},"icons":"x","_meta":7,"title":{},"description":[]}""", Empty)]
    [InlineData("an output schema of a wrong type", """{"name":"odd","inputSchema":{"type":"object"},"outputSchema":"x"}""", Empty)]
    public async Task A_definition_that_is_odd_is_made_usable(string kind, string definition, string schema)
    {
        var (tools, warnings) = await ListAsync($"[{definition},{Good}]");
        Assert.Equal(["odd", "good"], tools.Select(tool => tool.Name));
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(schema), tools[0].JsonSchema), $"{kind}: {tools[0].JsonSchema.GetRawText()}");
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(Good).GetProperty("inputSchema"), tools[1].JsonSchema));
        Assert.Empty(tools[0].Description);
        Assert.Empty(warnings);
    }

    [Theory]
    [InlineData(
        """{"name":"odd","inputSchema":{"anyOf":[{"type":"object"}]}}""",
        "has a tool 'odd' that is left out: its inputSchema has no properties but 'anyOf', which models' endpoints do not take there.")]
    [InlineData(
        """{"name":"odd","inputSchema":{"$ref":"#/$defs/a","$defs":{}}}""",
        "has a tool 'odd' that is left out: its inputSchema has no properties but '$ref', which models' endpoints do not take there.")]
    [InlineData("""{"name":"odd","inputSchema":{"type":"string"}}""", "has a tool 'odd' that is left out: its inputSchema is not that of an object.")]
    [InlineData("""{"name":"odd","inputSchema":{"type":7}}""", "has a tool 'odd' that is left out: its inputSchema is not that of an object.")]
    [InlineData("""{"name":"odd","inputSchema":[]}""", "has a tool 'odd' that is left out: its inputSchema is no object.")]
    [InlineData("""{"name":"odd","inputSchema":"{}"}""", "has a tool 'odd' that is left out: its inputSchema is no object.")]
    [InlineData("""{"name":"odd","inputSchema":{"properties":[]}}""", "has a tool 'odd' that is left out: the properties of its inputSchema are no object.")]
    [InlineData("""{"name":"odd","inputSchema":{"type":"object","type":"object"}}""", "has a tool 'odd' that is left out: its definition has text that is no valid Unicode, or a field twice.")]
    [InlineData("""{"name":"odd","description":"\ud800","inputSchema":{"type":"object"}}""", "has a tool 'odd' that is left out: its definition has text that is no valid Unicode, or a field twice.")]
    [InlineData("""{"name":"odd","inputSchema":{"properties":{"a":{"title":"\ud800"}}}}""", "has a tool 'odd' that is left out: its definition has text that is no valid Unicode, or a field twice.")]
    [InlineData("null", "has a tool without a name that can be read; it is left out.")]
    [InlineData("null,null,7,\"odd\",[]", "has a tool without a name that can be read; it is left out.")]
    [InlineData("""{"inputSchema":{"type":"object"}}""", "has a tool without a name that can be read; it is left out.")]
    [InlineData("""{"name":"","inputSchema":{"type":"object"}}""", "has a tool without a name that can be read; it is left out.")]
    [InlineData("""{"name":7,"inputSchema":{"type":"object"}}""", "has a tool without a name that can be read; it is left out.")]
    [InlineData("""{"name":"\ud800"}""", "has a tool without a name that can be read; it is left out.")]
    public async Task A_definition_that_cannot_be_used_is_left_out_with_a_warning(string definition, string warning)
    {
        var (tools, warnings) = await ListAsync($"[{definition},{Good}]");
        Assert.Equal(["good"], tools.Select(tool => tool.Name));
        Assert.Equal([$"MCP server 'tools' {warning}"], warnings);
    }

    [Fact]
    public async Task A_tool_that_asks_for_a_header_that_cannot_be_sent_is_left_out()
    {
        const string Odd = """{"name":"odd","inputSchema":{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"no header"}}}}""";
        var (tools, warnings) = await ListAsync($"[{Odd},{Good}]");
        Assert.Equal(["good"], tools.Select(tool => tool.Name));
        Assert.StartsWith("MCP server 'tools' has a tool 'odd' that is left out: ", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tool_that_is_not_wanted_matters_to_nothing()
    {
        var (tools, warnings) = await ListAsync($$"""[{"name":"odd","inputSchema":[]},null,{{Good}}]""", configure: options => options.Tools.Add("good"));
        Assert.Equal(["good"], tools.Select(tool => tool.Name));
        Assert.Empty(warnings);
    }

    [Fact]
    public async Task A_tool_that_is_wanted_and_missing_is_named()
    {
        var (tools, warnings) = await ListAsync($"[{Good}]", configure: options => options.Tools.Add("bad"));
        Assert.Empty(tools);
        Assert.Equal(["MCP server 'tools' has no tool bad, which its agent wants."], warnings);
    }

    [Fact]
    public async Task Of_two_tools_of_a_name_the_first_is_taken()
    {
        var (tools, warnings) = await ListAsync($$"""[{{Good}},{"name":"good","description":"another","inputSchema":{"type":"object"} },{"name":"more","inputSchema":{"type":"object"} }]""");
        Assert.Equal([("good", ""), ("more", "")], tools.Select(tool => (tool.Name, tool.Description)));
        Assert.Equal(["MCP server 'tools' has two tools named 'good'; the first is taken."], warnings);
    }

    [Theory]
    [InlineData(McpApproval.Never, "{}", false)]
    [InlineData(McpApproval.Always, """{"readOnlyHint":true}""", true)]
    [InlineData(McpApproval.Destructive, """{"readOnlyHint":true}""", false)]
    [InlineData(McpApproval.Destructive, """{"readOnlyHint":true,"destructiveHint":true}""", false)]
    [InlineData(McpApproval.Destructive, """{"destructiveHint":false}""", false)]
    [InlineData(McpApproval.Destructive, """{"destructiveHint":true}""", true)]
    [InlineData(McpApproval.Destructive, """{"destructiveHint":"no","readOnlyHint":1}""", true)]
    [InlineData(McpApproval.Destructive, "{}", true)]
    [InlineData(McpApproval.Destructive, "null", true)]
    [InlineData(McpApproval.Destructive, "7", true)]
    public async Task A_call_needs_approval_as_the_setting_and_the_servers_annotations_say(McpApproval approval, string annotations, bool isNeeded)
    {
        var (tools, _) = await ListAsync($$"""[{"name":"good","inputSchema":{"type":"object"},"annotations":{{annotations}} }]""", configure: server => server.Approval = approval);
        Assert.Equal(isNeeded, tools[0].GetService<ApprovalRequiredAIFunction>() is not null);
        Assert.Equal("good", tools[0].Name);
    }

    [Fact]
    public async Task A_warning_is_given_once_while_each_run_asks_again()
    {
        var (_, warnings) = await ListAsync($"[null,{Good}]", times: 3);
        Assert.Single(warnings);
    }

    [Theory]
    [InlineData(1024, 1024, "a")]
    [InlineData(1025, 1024, "a")]
    [InlineData(2780, 1024, "a")]
    [InlineData(1026, 1024, "😀")]
    public async Task A_description_is_as_long_as_endpoints_take(int length, int expected, string text)
    {
        var description = string.Concat(Enumerable.Repeat(text, length / text.Length));
        var (tools, _) = await ListAsync($$"""[{"name":"good","description":"{{description}}","inputSchema":{"type":"object"} }]""");
        Assert.InRange(tools[0].Description.Length, expected - 1, expected);
        Assert.Equal(length > expected, tools[0].Description.EndsWith('…'));
        Assert.StartsWith(tools[0].Description.TrimEnd('…'), description, StringComparison.Ordinal);
        Assert.False(char.IsHighSurrogate(tools[0].Description.TrimEnd('…')[^1]));
    }

    private static async Task<(List<AIFunction> Tools, IReadOnlyList<string> Warnings)> ListAsync(
        string tools, int times = 1, Action<McpConnectionOptions>? configure = null)
    {
        var logs = new LogLines();
        await using var server = await RawServer.StartAsync(tools: tools);
        await using var source = server.NewSource(logs, configure);
        for (var i = 1; i < times; i++)
        {
            await source.GetToolsAsync(CancellationToken.None);
        }

        return ([.. (await source.GetToolsAsync(CancellationToken.None)).Cast<AIFunction>()], logs.Warnings);
    }
}
