using System.Text.Json;

namespace AgentStream.Mcp.Tests;

/// <summary>What becomes of each kind of result: all that a server says gets to the model, once.</summary>
public sealed class ResultTests
{
    private const string Text = """{"type":"text","text":"hi"}""";
    private const string Image = """{"type":"image","mimeType":"image/png","data":"AQ ID"}""";
    private const string ImageTold = """{"type":"image","mimeType":"image/png","bytes":3}""";

    [Theory]
    [InlineData("nothing", "{}", "\"\"")]
    [InlineData("no content", """{"content":null,"structuredContent":null}""", "\"\"")]
    [InlineData("texts", """{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}""", "\"a\\nb\"")]
    [InlineData("audio", """{"content":[{"type":"audio","mimeType":"audio/wav","data":"AQIDBA=="}]}""", """{"type":"audio","mimeType":"audio/wav","bytes":4}""")]
    [InlineData("an image", "{\"content\":[" + Image + "]}", ImageTold)]
    [InlineData("text and image", "{\"content\":[" + Text + "," + Image + "]}", "[" + Text + "," + ImageTold + "]")]
    [InlineData(
        "a file",
        """{"content":[{"type":"resource","resource":{"uri":"file:///a","mimeType":"application/pdf","blob":"AQIDBA=="}}]}""",
        """{"type":"resource","resource":{"uri":"file:///a","mimeType":"application/pdf","bytes":4}}""")]
    [InlineData(
        "a text file",
        """{"content":[{"type":"resource","resource":{"uri":"file:///a","text":"hi"}}]}""",
        """{"type":"resource","resource":{"uri":"file:///a","text":"hi"}}""")]
    [InlineData("a link", """{"content":[{"type":"resource_link","uri":"file:///a","name":"a"}]}""", """{"type":"resource_link","uri":"file:///a","name":"a"}""")]
    [InlineData("structured", """{"structuredContent":{"n":1}}""", """{"n":1}""")]
    [InlineData("structured and the same as text", """{"content":[{"type":"text","text":"{ \"n\": 1.0 }"}],"structuredContent":{"n":1}}""", """{"n":1}""")]
    [InlineData("structured and an empty text", """{"content":[{"type":"text","text":""}],"structuredContent":{"n":1}}""", """{"n":1}""")]
    [InlineData("a wrapped text", """{"content":[{"type":"text","text":"a"}],"structuredContent":{"result":"a"}}""", """{"result":"a"}""")]
    [InlineData(
        "a wrapped list",
        """{"content":[{"type":"text","text":"a"},{"type":"text","text":"{\"b\":2}"}],"structuredContent":{"result":["a",{"b":2}]}}""",
        """{"result":["a",{"b":2}]}""")]
    [InlineData(
        "structured and another text",
        """{"content":[{"type":"text","text":"THE WHOLE FILE TEXT"}],"structuredContent":{"fileName":"a.txt"}}""",
        """{"content":"THE WHOLE FILE TEXT","structuredContent":{"fileName":"a.txt"}}""")]
    [InlineData(
        "structured, the same as text, and an image",
        "{\"content\":[{\"type\":\"text\",\"text\":\"{\\\"n\\\":1}\"}," + Image + "],\"structuredContent\":{\"n\":1}}",
        "{\"content\":" + ImageTold + ",\"structuredContent\":{\"n\":1}}")]
    [InlineData(
        "structured, text and image",
        "{\"content\":[" + Text + "," + Image + "],\"structuredContent\":{\"n\":1}}",
        "{\"content\":[" + Text + "," + ImageTold + "],\"structuredContent\":{\"n\":1}}")]
    [InlineData(
        "an unknown type next to text",
        "{\"content\":[" + Text + ",{\"type\":\"chart\",\"series\":[1,2]}]}",
        "\"hi\\n(Here was content of type 'chart', which is not known.)\"")]
    [InlineData("no type", "{\"content\":[{\"x\":1}," + Text + "]}", "\"(Here was content of type 'unknown', which is not known.)\\nhi\"")]
    [InlineData("null in the list", "{\"content\":[null," + Text + "]}", "\"(Here was content of type 'unknown', which is not known.)\\nhi\"")]
    [InlineData("a text without text", "{\"content\":[{\"type\":\"text\"}," + Text + "]}", "\"(Here was content of type 'text' that cannot be read.)\\nhi\"")]
    [InlineData("a text that is a number", "{\"content\":[{\"type\":\"text\",\"text\":1}," + Text + "]}", "\"(Here was content of type 'text' that cannot be read.)\\nhi\"")]
    [InlineData("half a surrogate", """{"content":[{"type":"text","text":"\ud800"},{"type":"text","text":"hi"}]}""", "\"(Here was content of type 'text' that cannot be read.)\\nhi\"")]
    [InlineData(
        "no base64",
        "{\"content\":[{\"type\":\"image\",\"mimeType\":\"image/png\",\"data\":\"?\"}," + Text + "]}",
        "\"(Here was content of type 'image' that cannot be read.)\\nhi\"")]
    [InlineData("annotations of a wrong type", """{"content":[{"type":"text","text":"hi","annotations":"x","_meta":1}]}""", "\"hi\"")]
    [InlineData("content that is a text", """{"content":"hi"}""", "\"hi\"")]
    [InlineData("content that is no list", "{\"content\":" + Text + "}", "\"hi\"")]
    [InlineData("the result of an old server", """{"toolResult":{"n":1},"_meta":{}}""", """{"toolResult":{"n":1}}""")]
    public async Task All_that_a_result_says_gets_to_the_model(string kind, string result, string expected)
    {
        await using var server = await RawServer.StartAsync(result);
        var told = JsonSerializer.SerializeToElement(await server.CallAsync());
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected), told), $"{kind}: {told.GetRawText()}");
    }

    [Theory]
    [InlineData("""{"isError":true,"content":[{"type":"text","text":"no"}]}""", "no")]
    [InlineData("""{"isError":true,"content":[]}""", "it does not say why")]
    [InlineData("""{"isError":true}""", "it does not say why")]
    [InlineData("""{"isError":true,"content":[{"type":"text","text":"no"},{"type":"text","text":"way"}]}""", "no\nway")]
    [InlineData("""{"isError":true,"content":[{"type":"text","text":"no"}],"structuredContent":{"code":"é"}}""", "no\n{\"code\":\"é\"}")]
    [InlineData("""{"isError":true,"content":[{"type":"text","text":"{\"code\":7}"}],"structuredContent":{"code":7}}""", "{\"code\":7}")]
    [InlineData("""{"isError":true,"structuredContent":{"code":7}}""", "{\"code\":7}")]
    [InlineData(
        """{"isError":true,"content":[{"type":"text","text":"no"},{"type":"image","mimeType":"image/é","data":"AQID"},{"type":"chart"}]}""",
        "no\n{\"type\":\"image\",\"mimeType\":\"image/é\",\"bytes\":3}\n(Here was content of type 'chart', which is not known.)")]
    public async Task A_tool_that_failed_says_all_that_it_has_to_say(string result, string expected)
    {
        await using var server = await RawServer.StartAsync(result);
        Assert.Equal(expected, (await Assert.ThrowsAsync<McpToolException>(() => server.CallAsync())).Message);
    }

    [Theory]
    [InlineData("Unknown tool argument 'x'\nKnown are:\n- y", "answered the call with an error: Unknown tool argument 'x'\nKnown are:\n- y")]
    [InlineData("", "answered the call with an error: -32602, without words")]
    public async Task All_lines_of_an_error_get_to_the_model(string message, string expected)
    {
        await using var server = await RawServer.StartAsync();
        server.Answers["tools/call"] = (request, context) => RawServer.ErrorAsync(request, context, -32602, message);
        Assert.Equal($"MCP server 'tools' {expected}", (await Assert.ThrowsAsync<McpServerException>(() => server.CallAsync())).Message);
    }

    [Theory]
    [InlineData(500, "", "answered the call with HTTP status 500 (InternalServerError)")]
    [InlineData(403, "no", "answered the call with HTTP status 403 (Forbidden)")]
    [InlineData(202, "", "ended its answer to the call without a result")]
    public async Task An_answer_without_a_result_is_not_called_silence(int status, string body, string expected)
    {
        await using var server = await RawServer.StartAsync();
        server.Answers["tools/call"] = (_, context) => RawServer.StatusAsync(context, status, body);
        Assert.Equal($"MCP server 'tools' {expected}", (await Assert.ThrowsAsync<McpServerException>(() => server.CallAsync())).Message);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("null")]
    public async Task What_is_no_result_is_said_to_be_none(string result)
    {
        await using var server = await RawServer.StartAsync(result);
        var refused = await Assert.ThrowsAsync<McpServerException>(() => server.CallAsync());
        Assert.StartsWith("MCP server 'tools' answered the call with what is no result: ", refused.Message, StringComparison.Ordinal);
    }
}
