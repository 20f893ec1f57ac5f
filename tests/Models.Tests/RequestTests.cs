using System.Text.Encodings.Web;
using System.Text.Json;
using AgentStream.Models.Thoughts;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Tests;

/// <summary>What an endpoint is asked.</summary>
public sealed class RequestTests
{
    private static readonly byte[] Bytes = [1, 2, 3];
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task The_least_that_is_asked()
    {
        var request = await Ask.SentAsync([new(ChatRole.User, "hello")]);

        Assert.Equal(("POST", "/v1/chat/completions"), (request.Method, request.Path));
        Assert.Equal($"Bearer {ModelServer.ApiKey}", request.Authorization);
        Assert.Equal(
            """{"model":"tiny","stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hello"}],"stream":true}""",
            request.Body.GetRawText());
    }

    [Fact]
    public async Task Without_a_key_none_is_sent()
    {
        await using var server = await ModelServer.StartAsync(Reply.Stream(Reply.Finish()));
        using var client = server.Client(apiKey: null);
        await client.AskAsync();
        Assert.Equal("", Assert.Single(server.Requests).Authorization);
    }

    [Theory]
    [InlineData("/", "/chat/completions")]
    [InlineData("/v1/", "/v1/chat/completions")]
    [InlineData("/a/b?version=2", "/a/b/chat/completions?version=2")]
    public async Task The_path_is_added_to_the_endpoint(string endpoint, string expected)
    {
        await using var server = await ModelServer.StartAsync(Reply.Stream(Reply.Finish()));
        using var client = new OpenAIChatClient("tiny", null, new Uri(server.Endpoint, endpoint));
        await client.AskAsync();
        Assert.Equal(expected, Assert.Single(server.Requests).Path);
    }

    [Fact]
    public async Task A_conversation_goes_with_its_instructions_calls_and_results()
    {
        using var result = JsonDocument.Parse("""{"sum":3}""");
        var request = await Ask.SentAsync(
            [
                new(ChatRole.User, [new TextContent("What is"), new TextContent("1+2?\ud83d\udc4b")]),
                new(ChatRole.Assistant, [
                    new TextReasoningContent("Hm"),
                    new TextContent("Let me see."),
                    new FunctionCallContent("call_a", "add", new Dictionary<string, object?> { ["x"] = 1, ["y"] = "é" }),
                    new FunctionCallContent("call_b", "time"),
                ]),
                new(ChatRole.Tool, [
                    new FunctionResultContent("call_a", result.RootElement),
                    new FunctionResultContent("call_b", "noon"),
                ]),
                new(ChatRole.Assistant, "3, at noon"),
                new(ChatRole.Assistant, [new FunctionCallContent("call_c", "add") { Exception = new JsonException("broken") }]),
                new(ChatRole.Tool, [new FunctionResultContent("call_c", null) { Exception = new InvalidOperationException("no JSON") }]),
                new(ChatRole.User, "thanks"),
            ],
            new ChatOptions { Instructions = "Be brief." });

        Assert.Equal(
            [
                """{"role":"system","content":"Be brief."}""",
                """{"role":"user","content":"What is\n1+2?\uD83D\uDC4B"}""",
                """{"role":"assistant","content":"Let me see.","tool_calls":[{"id":"call_a","type":"function","function":{"name":"add","arguments":"{\"x\":1,\"y\":\"é\"}"}},{"id":"call_b","type":"function","function":{"name":"time","arguments":"{}"}}]}""",
                """{"role":"tool","content":"{\"sum\":3}","tool_call_id":"call_a"}""",
                """{"role":"tool","content":"noon","tool_call_id":"call_b"}""",
                """{"role":"assistant","content":"3, at noon"}""",
                """{"role":"assistant","content":null,"tool_calls":[{"id":"call_c","type":"function","function":{"name":"add","arguments":"{}"}}]}""",
                """{"role":"tool","content":"no JSON","tool_call_id":"call_c"}""",
                """{"role":"user","content":"thanks"}""",
            ],
            request.Body.GetProperty("messages").EnumerateArray().Select(Plain));
    }

    [Fact]
    public async Task Half_a_character_does_not_stop_a_request()
    {
        var request = await Ask.SentAsync([new(ChatRole.User, "half \ud83d")]);
        Assert.Equal("half \ufffd", request.Body.GetProperty("messages")[0].GetProperty("content").GetString());
    }

    [Fact]
    public async Task Thoughts_go_back_with_calls_to_the_endpoint_that_had_them()
    {
        await using var server = await ModelServer.StartAsync(
            Reply.Stream(
                Reply.Delta("""{"reasoning_content":"Hm"}"""),
                Reply.Delta("""{"reasoning_content":"m."}"""),
                Reply.Delta("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"time","arguments":""}}]}"""),
                Reply.Finish("tool_calls")),
            Reply.Stream(Reply.Finish()));
        using var client = server.Client();
        var first = await client.GetResponseAsync("hello").Within();
        var result = new ChatMessage(ChatRole.Tool, [new FunctionResultContent("a", "noon")]);
        await client.GetResponseAsync([new(ChatRole.User, "hello"), .. first.Messages, result]).Within();

        var said = server.Requests[1].Body.GetProperty("messages")[1];
        Assert.Equal("Hmm.", said.GetProperty("reasoning_content").GetString());
        Assert.False(said.TryGetProperty("reasoning", out _));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("a signature of somebody else", true)]
    [InlineData("reasoning_content@elsewhere.example", true)]
    [InlineData("here", false)]
    public async Task Thoughts_go_back_neither_elsewhere_nor_without_calls(string? mark, bool withCall)
    {
        await using var server = await ModelServer.StartAsync(Reply.Stream(Reply.Finish()));
        using var client = server.Client();
        mark = mark == "here" ? new ThoughtMark(server.Endpoint).Of("reasoning") : mark;
        var said = new ChatMessage(ChatRole.Assistant, [new TextReasoningContent("Hm") { ProtectedData = mark }, new TextContent("Yes")]);
        if (withCall)
        {
            said.Contents.Add(new FunctionCallContent("a", "time"));
        }

        await client.GetResponseAsync([said]).Within();
        Assert.DoesNotContain("Hm", Assert.Single(server.Requests).Body.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_user_shows_goes_in_parts()
    {
        var picture = new UriContent("https://pictures.example/a.png", "image/png") { AdditionalProperties = new() { ["detail"] = "low" } };
        var request = await Ask.SentAsync([new(ChatRole.User, [
            new TextContent("Look"),
            picture,
            new DataContent(Bytes, "image/jpeg"),
            new DataContent(Bytes, "audio/wav"),
            new DataContent(Bytes, "audio/mpeg"),
            new DataContent(Bytes, "application/pdf") { Name = "a.pdf" },
            new DataContent("é"u8.ToArray(), "text/markdown"),
            new HostedFileContent("file-1"),
            new AIContent(),
        ])]);

        Assert.Equal(
            [
                """{"type":"text","text":"Look"}""",
                """{"type":"image_url","image_url":{"url":"https://pictures.example/a.png","detail":"low"}}""",
                """{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,AQID"}}""",
                """{"type":"input_audio","input_audio":{"data":"AQID","format":"wav"}}""",
                """{"type":"input_audio","input_audio":{"data":"AQID","format":"mp3"}}""",
                """{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AQID"}}""",
                """{"type":"text","text":"é"}""",
                """{"type":"file","file":{"file_id":"file-1"}}""",
            ],
            request.Body.GetProperty("messages")[0].GetProperty("content").EnumerateArray().Select(Plain));
    }

    [Fact]
    public async Task What_cannot_be_asked_is_not_left_out_in_silence()
    {
        await using var server = await ModelServer.StartAsync();
        using var client = server.Client();
        var video = await Assert.ThrowsAsync<NotSupportedException>(() =>
            client.GetResponseAsync([new(ChatRole.User, [new DataContent(Bytes, "video/mp4")])]));
        Assert.Equal("A chat-completions endpoint takes no data of type video/mp4.", video.Message);

        var tool = await Assert.ThrowsAsync<NotSupportedException>(() =>
            client.AskAsync(new ChatOptions { Tools = [new HostedWebSearchTool()] }));
        Assert.Contains("a chat-completions endpoint takes functions only", tool.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    // As it was sent, but for the way in which some characters are escaped.
    private static string Plain(JsonElement json) => JsonSerializer.Serialize(json, Relaxed);
}
