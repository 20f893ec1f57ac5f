using Microsoft.Extensions.AI;

namespace AgentStream.Models.Tests;

/// <summary>What becomes of the shapes in which endpoints answer.</summary>
public sealed class AnswerTests
{
    private const string UsageChunk = """
        {"id":"chatcmpl-1","model":"tiny-1","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":7,"total_tokens":19,"prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":3}}}
        """;

    [Fact]
    public async Task A_text_comes_chunk_by_chunk_with_its_id_model_usage_and_reason()
    {
        await using var server = await ModelServer.StartAsync(Reply.Stream(
            Reply.Delta("""{"role":"assistant","content":"","refusal":null}"""), Reply.Text("Hel"), Reply.Text("lo \\ud83d\\udc4b"), Reply.Finish(), UsageChunk, Reply.Done));
        using var client = server.Client();
        var updates = await client.AskAsync();

        Assert.Equal(["Hel", "lo 👋"], updates.SelectMany(update => update.Contents).OfType<TextContent>().Select(text => text.Text));
        Assert.All(updates, update =>
        {
            Assert.Equal(ChatRole.Assistant, update.Role);
            Assert.Equal("chatcmpl-1", update.ResponseId);
            Assert.Equal("chatcmpl-1", update.MessageId);
            Assert.Equal("tiny-1", update.ModelId);
            Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), update.CreatedAt);
        });
        Assert.Equal([ChatFinishReason.Stop], updates.Select(update => update.FinishReason).OfType<ChatFinishReason>());

        var usage = Assert.Single(updates[^1].Contents.OfType<UsageContent>()).Details;
        Assert.Equal((12, 7, 19), (usage.InputTokenCount, usage.OutputTokenCount, usage.TotalTokenCount));
        Assert.Equal((8, 3), (usage.CachedInputTokenCount, usage.ReasoningTokenCount));
    }

    [Fact]
    public async Task An_answer_can_be_had_whole()
    {
        await using var server = await ModelServer.StartAsync(Reply.Stream(
            Reply.Delta("""{"reasoning_content":"Hm"}"""), Reply.Delta("""{"reasoning_content":"m."}"""), Reply.Text("Hel"), Reply.Text("lo"), Reply.Finish(), UsageChunk, Reply.Done));
        using var client = server.Client();
        var response = await client.GetResponseAsync("hello");

        Assert.Equal("Hello", response.Text);
        Assert.Equal("Hmm.", Assert.Single(Assert.Single(response.Messages).Contents.OfType<TextReasoningContent>()).Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal(19, response.Usage?.TotalTokenCount);
    }

    [Theory]
    [InlineData("""{"reasoning_content":"Hm"}""", "reasoning_content")]
    [InlineData("""{"content":null,"reasoning_content":"Hm"}""", "reasoning_content")]
    [InlineData("""{"content":"","reasoning":"Hm","reasoning_details":[{"type":"reasoning.text","text":"Hm"}]}""", "reasoning")]
    [InlineData("""{"reasoning":"Hm","reasoning_content":"Hm"}""", "reasoning_content")]
    [InlineData("""{"reasoning":"Hm","reasoning_content":""}""", "reasoning")]
    public async Task A_thought_comes_from_whichever_field_has_it(string delta, string field)
    {
        await using var server = await ModelServer.StartAsync(
            Reply.Stream(Reply.Delta(delta), Reply.Text("Yes"), Reply.Finish(), Reply.Done));
        using var client = server.Client();
        var contents = (await client.AskAsync()).SelectMany(update => update.Contents).ToList();

        var thoughts = contents.OfType<TextReasoningContent>().ToList();
        Assert.Equal(["Hm", ""], thoughts.Select(thought => thought.Text));
        Assert.Equal([null, $"{field}@{server.Endpoint.Authority}"], thoughts.Select(thought => thought.ProtectedData));
        Assert.Equal("Yes", Assert.IsType<TextContent>(contents[^1]).Text);
    }

    [Fact]
    public async Task Thoughts_and_texts_may_come_as_a_list_of_parts()
    {
        var contents = await Ask.ContentsAsync(Reply.Stream(
            Reply.Delta("""{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]}"""),
            Reply.Delta("""{"content":[{"type":"text","text":"Yes"}]}"""),
            Reply.Finish(),
            Reply.Done));

        Assert.Equal("Hm", Assert.IsType<TextReasoningContent>(contents[0]).Text);
        Assert.Equal("Yes", Assert.IsType<TextContent>(contents[1]).Text);
        Assert.Equal(2, contents.Count);
    }

    [Fact]
    public async Task A_refusal_is_said()
    {
        var contents = await Ask.ContentsAsync(Reply.Stream(Reply.Delta("""{"refusal":"I will not."}"""), Reply.Finish(), Reply.Done));
        Assert.Equal("I will not.", Assert.IsType<TextContent>(Assert.Single(contents)).Text);
    }

    [Fact]
    public async Task A_character_may_be_cut_in_two()
    {
        var contents = await Ask.ContentsAsync(
            Reply.Stream(Reply.Text("\\\"a\\n\\ud83d"), Reply.Text("\\udc4b\\/\\t"), Reply.Finish(), Reply.Done));
        Assert.Equal("\"a\n👋/\t", string.Concat(contents.OfType<TextContent>().Select(text => text.Text)));
    }

    [Fact]
    public async Task Without_usage_there_is_none()
    {
        var contents = await Ask.ContentsAsync(Reply.Stream(Reply.Text("Hi"), Reply.Finish(), Reply.Done));
        Assert.IsType<TextContent>(Assert.Single(contents));
    }

    [Fact]
    public async Task Usage_that_comes_with_each_chunk_is_counted_once()
    {
        var contents = await Ask.ContentsAsync(Reply.Stream(
            """{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}""",
            """{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7,"prompt_cache_hit_tokens":4}}""",
            """{"choices":[],"usage":null}""",
            Reply.Done));

        var usage = Assert.Single(contents.OfType<UsageContent>()).Details;
        Assert.Equal((5, 2, 7, 4), (usage.InputTokenCount, usage.OutputTokenCount, usage.TotalTokenCount, usage.CachedInputTokenCount));
    }

    [Theory]
    [InlineData("stop", "stop")]
    [InlineData("length", "length")]
    [InlineData("content_filter", "content_filter")]
    [InlineData("tool_calls", "tool_calls")]
    [InlineData("function_call", "tool_calls")]
    [InlineData("eos", "eos")]
    public async Task Why_it_ended_is_told_once_and_last(string reason, string expected)
    {
        await using var server = await ModelServer.StartAsync(Reply.Stream(Reply.Text("Hi"), Reply.Finish(reason), UsageChunk, Reply.Done));
        using var client = server.Client();
        var updates = await client.AskAsync();

        Assert.Equal(new ChatFinishReason(expected), updates[^1].FinishReason);
        Assert.All(updates.SkipLast(1), update => Assert.Null(update.FinishReason));
    }

    [Fact]
    public async Task Comments_line_ends_fields_and_odd_chunks_do_no_harm()
    {
        var text = $": keep-alive\r\n\r\nevent: message\r\nid: 7\r\nretry: 100\r\ndata: {Reply.Text("Hel")}\r\n\r\n:\r\n"
            + $"data: {{\"choices\":[]}}\r\n\r\ndata: {{\"error\":null,\"choices\":[{{\"index\":1,\"delta\":{{\"content\":\"no\"}}}}]}}\r\n\r\n"
            + $"data: {{\"choices\":[{{\"finish_reason\":\"\"}}]}}\r\n\r\ndata:{Reply.Text("lo")}\r\n\r\n"
            + $"data: {Reply.Finish()}\r\n\r\ndata: [DONE]\r\n\r\n";
        var contents = await Ask.ContentsAsync(Reply.Raw(text));
        Assert.Equal(["Hel", "lo"], contents.Cast<TextContent>().Select(content => content.Text));
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("text/plain; charset=utf-8")]
    [InlineData(null)]
    public async Task The_type_of_a_stream_is_not_taken_too_seriously(string? contentType)
    {
        var contents = await Ask.ContentsAsync(Reply.Raw(
            Reply.Event(Reply.Text("Hi")) + Reply.Event(Reply.Finish()) + Reply.Event(Reply.Done), contentType));
        Assert.IsType<TextContent>(Assert.Single(contents));
    }

    [Fact]
    public async Task A_finished_answer_needs_no_done()
    {
        var contents = await Ask.ContentsAsync(Reply.Stream(Reply.Text("Hi"), Reply.Finish(), UsageChunk));
        Assert.Equal("Hi", Assert.IsType<TextContent>(contents[0]).Text);
        Assert.IsType<UsageContent>(contents[1]);
    }

    [Fact]
    public async Task A_connection_that_is_cut_after_the_end_of_the_answer_takes_nothing_away()
    {
        var contents = await Ask.ContentsAsync(Reply.Cut(Reply.Event(Reply.Text("Hi")) + Reply.Event(Reply.Finish()) + "data: {\"cho"));
        Assert.Equal("Hi", Assert.IsType<TextContent>(Assert.Single(contents)).Text);
    }

    [Fact]
    public async Task Every_chunk_is_a_sign_of_life()
    {
        await using var server = await ModelServer.StartAsync(Reply.Stream(
            Reply.Delta("""{"role":"assistant"}"""),
            Reply.Delta("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"write","arguments":"{"}}]}"""),
            Reply.Delta("""{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}"""),
            Reply.Finish("tool_calls"),
            Reply.Done));
        using var client = server.Client();
        Assert.Equal([0, 0, 0, 0, 1], (await client.AskAsync()).Select(update => update.Contents.Count));
    }
}
