using AgentStream.TestTools;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Tests;

/// <summary>Errors within a stream, and streams that are none.</summary>
public sealed partial class StreamEdgeTests
{
    [Theory]
    [InlineData("error")]
    [InlineData("network_error")]
    [InlineData("insufficient_system_resource")]
    [InlineData("malformed_function_call")]
    [InlineData("abort")]
    public async Task A_finish_reason_may_be_an_error(string reason)
    {
        Assert.Equal($"the model 'tiny' failed within its answer: its finish reason is '{reason}'", (await Ask.FaultAsync(Reply.Raw(Hello + Reply.Event(Reply.Finish(reason))))).Message);
        Assert.Equal($"the model 'tiny' failed within its answer: its finish reason is '{reason}'", (await Ask.FaultAsync(Reply.Stream(Reply.Finish(reason)))).Message);
    }

    [Fact]
    public async Task The_words_before_an_error_are_given()
    {
        await using var server = await ModelServer.StartAsync(Reply.Stream(Reply.Delta("""{"content":"Hel"}""", "\"error\"")));
        using var client = server.Client();
        await using var updates = client.GetStreamingResponseAsync([new(ChatRole.User, "hello")]).GetAsyncEnumerator();
        Assert.True(await updates.MoveNextAsync().AsTask().Within());
        Assert.Equal("Hel", updates.Current.Text);
        await Assert.ThrowsAsync<ModelException>(() => updates.MoveNextAsync().AsTask().Within());
    }

    [Theory]
    [InlineData("""data: {"choices":[{"index":0,"delta":{},"finish_reason":"error","error":{"code":502,"message":"provider is down"}}]}""", "provider is down (502)")]
    [InlineData("""data: {"choices":[{"index":0,"error":"provider is down"}]}""", "provider is down")]
    [InlineData("""data: {"choices":[{"index":0,"delta":{"error":{"message":"provider is down"}}}]}""", "provider is down")]
    [InlineData("""data: {"choices":[{"index":0,"delta":{"content":""}}],"error":{"message":{"detail":"provider is down"}}}""", "provider is down")]
    [InlineData("""data: {"error":{"message":{"message":{"msg":"provider is down"}},"code":"x"}}""", "provider is down (x)")]
    [InlineData("""data: {"error":{"message":["provider is down"]}}""", """["provider is down"]""")]
    [InlineData("""data: {"error":true,"message":"provider is down"}""", "provider is down")]
    [InlineData("""data: {"errors":[{"message":"provider is down"}]}""", """[{"message":"provider is down"}]""")]
    [InlineData("""data: {"type":"error","message":"provider is down"}""", "provider is down (error)")]
    [InlineData("""data: {"type":"error","error":{"type":"overloaded_error","message":"provider is down"}}""", "provider is down (overloaded_error)")]
    [InlineData("""data: {"code":1305,"message":"provider is down"}""", "provider is down (1305)")]
    [InlineData("""data: {"code":"Throttling","message":"provider is down"}""", "provider is down (Throttling)")]
    [InlineData("""data: {"status":503,"title":"provider is down"}""", "provider is down")]
    [InlineData("""data: {"detail":"provider is down"}""", "provider is down")]
    [InlineData("""data: {"success":false,"msg":"provider is down"}""", "provider is down")]
    [InlineData("""data: {"choices":null,"base_resp":{"status_code":1008,"status_msg":"provider is down"}}""", "provider is down")]
    [InlineData("""data: {"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"provider is down"}}}""", "Provider returned error: provider is down (400)")]
    [InlineData("""{"error":{"message":"provider is down"}}""", "provider is down")]
    [InlineData("{\n  \"error\": {\n    \"message\": \"provider is down\"\n  }\n}", "provider is down")]
    [InlineData("event: error\ndata: provider is down", "provider is down")]
    [InlineData("data: {\"x\":1\n{\"error\":\"provider is down\"}", null)]
    public async Task An_error_is_found_wherever_it_stands(string text, string? expected)
    {
        foreach (var end in new[] { "\n\n", "" })
        {
            var fault = await Ask.FaultAsync(Reply.Raw(Hello + text + end));
            Assert.Equal(expected is null, fault.Message != $"the model 'tiny' failed within its answer: {expected}");
        }
    }

    [Fact]
    public async Task An_error_does_not_wait_for_the_connection_to_end()
    {
        var left = new TaskCompletionSource();
        var fault = await Ask.FaultAsync(Reply.Hold(Hello + "{\"error\":\"no credits\"}\n", left));
        Assert.Equal("the model 'tiny' failed within its answer: no credits", fault.Message);
        await left.Task.Within();
    }

    [Fact]
    public async Task The_key_is_in_no_error_of_a_stream()
    {
        foreach (var text in new[]
        {
            $$$"""data: {"choices":[{"error":{"message":"{{{ModelServer.ApiKey}}} is used up"}}]}""",
            $$$$"""{"error":{"message":{"detail":["{{{{ModelServer.ApiKey}}}} is used up"]}}}""",
            $"{ModelServer.ApiKey} is used up",
        })
        {
            Assert.Contains("*** is used up", (await Ask.FaultAsync(Reply.Raw(text + "\n\n"))).Message, StringComparison.Ordinal);
        }

        var chunk = await Ask.FaultAsync(Reply.Raw($"data: {ModelServer.ApiKey} is used up\n\n"));
        Assert.DoesNotContain(ModelServer.ApiKey, chunk.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"error\":null")]
    [InlineData("\"error\":false")]
    [InlineData("\"error\":\"\"")]
    [InlineData("\"error\":{}")]
    [InlineData("\"errors\":[]")]
    [InlineData("\"code\":0,\"message\":\"ok\"")]
    [InlineData("\"base_resp\":{\"status_code\":0,\"status_msg\":\"\"}")]
    [InlineData("\"status\":\"success\",\"message\":\"fine\"")]
    public async Task That_there_is_no_error_is_none(string field)
    {
        var contents = await Ask.ContentsAsync(Reply.Stream($$$"""{{{{field}}},"choices":[{"index":0,"delta":{"content":"Hi"}}]}""", Reply.Finish(), Reply.Done));
        Assert.Equal("Hi", Assert.IsType<TextContent>(Assert.Single(contents)).Text);
    }

    [Fact]
    public async Task What_is_no_event_may_say_why_there_is_no_answer()
    {
        Assert.Equal(
            "the model 'tiny' broke its stream off before the end of the answer: upstream connect error",
            (await Ask.FaultAsync(Reply.Raw("upstream connect error\n"))).Message);
    }

    [Fact]
    public async Task A_message_in_the_place_of_a_delta_is_the_content()
    {
        var contents = await Ask.ContentsAsync(Reply.Stream(
            """{"choices":[{"index":0,"message":{"role":"assistant","content":"Hel"}}]}""",
            """{"choices":[{"index":0,"message":{"content":"lo","tool_calls":[{"id":"a","function":{"name":"time","arguments":"{}"}}]},"finish_reason":"stop"}]}""",
            Reply.Done));
        Assert.Equal(["Hel", "lo"], contents.OfType<TextContent>().Select(text => text.Text));
        Assert.Equal("time", Assert.Single(contents.OfType<FunctionCallContent>()).Name);

        // Some give the whole message once more at the end.
        contents = await Ask.ContentsAsync(Reply.Stream(Reply.Text("Hello"), """{"choices":[{"index":0,"message":{"content":"Hello"},"finish_reason":"stop"}]}""", Reply.Done));
        Assert.Equal("Hello", Assert.IsType<TextContent>(Assert.Single(contents)).Text);
    }

    [Theory]
    [InlineData("application/x-ndjson")]
    [InlineData("application/octet-stream")]
    [InlineData("application/json")]
    [InlineData("text/html")]
    [InlineData("binary/weird")]
    public async Task A_stream_under_another_type_is_read(string type)
    {
        foreach (var before in new[] { "", "\uFEFF", "\n\n", ": hello\n\n", "event: message\n", "id: 1\n", "retry: 5\n\n" })
        {
            var contents = await Ask.ContentsAsync(Reply.Raw(before + Hello + End + Reply.Event(Reply.Done), type));
            Assert.Equal("Hello", Assert.IsType<TextContent>(Assert.Single(contents)).Text);
        }
    }

    [Fact]
    public async Task Chunks_may_come_as_bare_lines()
    {
        var lines = Reply.Text("Hel") + "\n" + Reply.Text("lo") + "\n" + Reply.Finish() + "\n";
        foreach (var type in new[] { "application/x-ndjson", "text/event-stream", "text/plain" })
        {
            var contents = await Ask.ContentsAsync(Reply.Raw(lines, type));
            Assert.Equal(["Hel", "lo"], contents.Cast<TextContent>().Select(content => content.Text));
        }
    }

    [Theory]
    [InlineData("application/octet-stream", "try later", "answered with an error: try later")]
    [InlineData("application/octet-stream", "", "answered with application/octet-stream where a stream of events was asked for (is the endpoint right?)")]
    [InlineData("application/json", """{"message":{"error":"no credits"}}""", """answered with an error: {"error":"no credits"}""")]
    public async Task What_is_no_stream_is_told_as_what_it_is(string type, string body, string expected)
    {
        Assert.Equal($"the model 'tiny' {expected}", (await Ask.FaultAsync(Reply.Raw(body, type))).Message);
    }

    [Theory]
    [InlineData("""{"message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}}""")]
    [InlineData("""{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}}""")]
    [InlineData("""{"error":{"message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}}}""")]
    public async Task A_refusal_has_its_words_wherever_they_stand(string body)
    {
        var fault = await Ask.FaultAsync(Reply.Status(422, body));
        Assert.Contains("stream_options", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Extra inputs are not permitted", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Done_without_a_finish_reason_is_the_end_too()
    {
        await using var server = await ModelServer.StartAsync(
            Reply.Stream(Reply.Text("Hi"), Reply.Done),
            Reply.Stream(Reply.Delta("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"time","arguments":""}}]}"""), Reply.Done));
        using var client = server.Client();
        Assert.Equal(ChatFinishReason.Stop, (await client.AskAsync())[^1].FinishReason);
        Assert.Equal(ChatFinishReason.ToolCalls, (await client.AskAsync())[^1].FinishReason);
    }
}
