using System.Text.Json;
using ModelContextProtocol.Protocol;

namespace AgentStream.Mcp.Tests;

/// <summary>What becomes of each kind of result.</summary>
public sealed class ResultTests
{
    private static readonly byte[] Bytes = [1, 2, 3, 4];

    public static TheoryData<string, string> Kinds => new()
    {
        { "nothing", "\"\"" },
        { "texts", "\"a\\nb\"" },
        { "audio", """{"type":"audio","mimeType":"audio/wav","bytes":4}""" },
        { "file", """{"type":"resource","resource":{"uri":"file:///a","mimeType":"application/pdf","bytes":4}}""" },
        { "text file", """{"type":"resource","resource":{"uri":"file:///a","text":"hi"}}""" },
        { "structured", """{"n":1}""" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_result_has_a_sensible_form(string kind, string expected)
    {
        var result = kind switch
        {
            "nothing" => new CallToolResult(),
            "texts" => Of(new TextContentBlock { Text = "a" }, new TextContentBlock { Text = "b" }),
            "audio" => Of(AudioContentBlock.FromBytes(Bytes, "audio/wav")),
            "file" => Of(new EmbeddedResourceBlock { Resource = BlobResourceContents.FromBytes(Bytes, "file:///a", "application/pdf") }),
            "text file" => Of(new EmbeddedResourceBlock { Resource = new TextResourceContents { Uri = "file:///a", Text = "hi" } }),
            _ => new CallToolResult { Content = [new TextContentBlock { Text = "{\"n\":1}" }], StructuredContent = JsonElement.Parse("{\"n\":1}") },
        };
        var json = JsonDocument.Parse(JsonSerializer.Serialize(McpResults.ToResult(result))).RootElement;
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected), json), json.GetRawText());
    }

    [Fact]
    public void A_tool_that_failed_says_why()
    {
        Assert.Equal("no", Refused(new TextContentBlock { Text = "no" }));
        Assert.Equal("it does not say why", Refused());

        static string Refused(params ContentBlock[] content) =>
            Assert.Throws<McpToolException>(() => McpResults.ToResult(new CallToolResult { IsError = true, Content = content })).Message;
    }

    private static CallToolResult Of(params ContentBlock[] content) => new() { Content = content };
}
