using System.Text.Json;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Tests;

/// <summary>What an endpoint gives with a call or a thought, and wants back or refuses.</summary>
public sealed class ThoughtReturnTests
{
    private const string Call = """{"tool_calls":[{"index":0,"id":"call_a","function":{"name":"time","arguments":"{}"}}]}""";

    private static readonly RequestDelegate Ok = Reply.Stream(Reply.Text("ok"), Reply.Finish(), Reply.Done);

    [Theory]
    [InlineData("Hm")]
    [InlineData("")]
    public async Task DeepSeek_gets_its_field_back_from_the_first_call_on_be_it_empty(string thought)
    {
        var reasoning = Reply.Delta($$"""{"reasoning_content":"{{thought}}"}""");
        await using var conversation = await Conversation.StartAsync(
            agent => agent.WithTool(() => "noon", "time"),
            Reply.Stream(reasoning, Reply.Delta(Call), Reply.Finish("tool_calls")),
            Strict.Reply(Ok, Strict.DeepSeek),
            Strict.Reply(Ok, Strict.DeepSeek),
            Strict.Reply(Ok, Strict.DeepSeek));
        await conversation.AskAsync("first");
        Assert.Equal(thought, conversation.Sent[1].GetProperty("reasoning_content").GetString());
        await conversation.AskAsync("second");
        conversation.StartAgain();
        await conversation.AskAsync("third");
        Assert.Equal(4, conversation.Server.Requests.Count);
        Assert.Equal("", conversation.Sent[3].GetProperty("reasoning_content").GetString());
    }

    [Fact]
    public async Task An_imported_thought_of_DeepSeek_goes_back_to_it()
    {
        await using var conversation = await Conversation.StartAsync(Strict.Reply(Ok, Strict.DeepSeek), Strict.Reply(Ok, Strict.DeepSeek), Strict.Reply(Ok, Strict.DeepSeek));
        conversation.Import("""
            [{"kind":"request","parts":[{"part_kind":"user-prompt","content":"time?"}]},
             {"kind":"response","parts":[{"part_kind":"thinking","content":"Hm","id":"reasoning_content","provider_name":"deepseek"},{"part_kind":"tool-call","tool_name":"time","tool_call_id":"c1","args":{}}]},
             {"kind":"request","parts":[{"part_kind":"tool-return","tool_name":"time","tool_call_id":"c1","content":"noon"}]},
             {"kind":"response","parts":[{"part_kind":"text","content":"noon"}]}]
            """);
        await conversation.AskAsync("sure?");
        Assert.Equal("Hm", conversation.Sent[1].GetProperty("reasoning_content").GetString());

        // The endpoint has said once what it wants; this one is not known by its name.
        Assert.Equal(2, conversation.Server.Requests.Count);
        await conversation.AskAsync("and now?");
        Assert.Equal(3, conversation.Server.Requests.Count);
    }

    [Theory]
    [InlineData("deepseek-chat", "deepseek", "reasoning_content", true)]
    [InlineData("deepseek/deepseek-v4", "deepseek", "reasoning_content", true)]
    [InlineData("tiny", "127.0.0.1", "reasoning", true)]
    [InlineData("tiny", "deepseek", "reasoning_content", false)]
    [InlineData("deepseek-chat", "anthropic", "rs_1", false)]
    [InlineData("deepseek-chat", "openai", "reasoning_content", false)]
    public async Task An_import_names_the_provider_and_the_field(string model, string provider, string id, bool goesBack)
    {
        await using var server = await ModelServer.StartAsync(Ok);
        using var client = new OpenAIChatClient(model, null, server.Endpoint);
        var thought = new TextReasoningContent("Hm") { AdditionalProperties = new() { ["id"] = id, ["provider_name"] = provider } };
        await client.GetResponseAsync([new(ChatRole.Assistant, [thought, new FunctionCallContent("c1", "time")])]).Within();
        Assert.Equal(goesBack, Assert.Single(server.Requests).Body.GetProperty("messages")[0].TryGetProperty(id, out var sent) && sent.GetString() == "Hm");
    }

    [Fact]
    public async Task R1_gets_no_thoughts_back()
    {
        await using var conversation = await Conversation.StartAsync(
            Reply.Stream(Reply.Delta("""{"reasoning_content":"Hm"}"""), Reply.Text("yes"), Reply.Finish()), Strict.Reply(Ok, Strict.R1), Strict.Reply(Ok, Strict.R1));
        await conversation.AskAsync("first");
        await conversation.AskAsync("second");
        await conversation.AskAsync("third");
        Assert.Equal(3, conversation.Server.Requests.Count);
    }

    [Fact]
    public async Task An_endpoint_that_refuses_its_own_thoughts_is_asked_again_without_and_then_never_with()
    {
        await using var conversation = await Conversation.StartAsync(
            agent => agent.WithTool(() => "noon", "time"),
            Reply.Stream(Reply.Delta("""{"reasoning_content":"Hm"}"""), Reply.Delta(Call), Reply.Finish("tool_calls")),
            Strict.Reply(Ok, Strict.R1),
            Strict.Reply(Ok, Strict.R1),
            Strict.Reply(Ok, Strict.R1));
        await conversation.AskAsync("first");
        Assert.Equal(3, conversation.Server.Requests.Count);
        await conversation.AskAsync("second");
        Assert.Equal(4, conversation.Server.Requests.Count);
    }

    [Theory]
    [InlineData("Unsupported value: 'reasoning_effort' does not support 'xhigh'")]
    [InlineData("the reasoning behind this is missing")]
    [InlineData("too long")]
    public async Task A_refusal_about_something_else_is_told_at_once(string words)
    {
        Assert.Equal(400, (await Ask.FaultAsync(Reply.Status(400, JsonSerializer.Serialize(new { error = new { message = words } })))).Status);
    }

    [Fact]
    public async Task When_the_other_way_does_not_help_the_refusal_is_told()
    {
        var refusal = Reply.Status(400, """{"error":{"message":"The `reasoning_content` in the thinking mode must be passed back to the API."}}""");
        Assert.Contains("must be passed back", (await Ask.FaultAsync(refusal, refusal)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_roles_must_alternate_messages_in_a_row_become_one()
    {
        await using var conversation = await Conversation.StartAsync(
            Reply.Nothing(), Reply.Nothing(), Reply.Nothing(), Reply.Nothing(), Strict.Reply(Ok, Strict.Alternate), Strict.Reply(Ok, Strict.Alternate), Strict.Reply(Ok, Strict.Alternate));
        conversation.Import("""
            [{"kind":"request","parts":[{"part_kind":"user-prompt","content":"one"},{"part_kind":"user-prompt","content":["two",{"kind":"image-url","url":"https://x.example/a.png"}]}]},
             {"kind":"response","parts":[]}]
            """);
        Assert.StartsWith("error", (await conversation.RunAsync("three"))[^1], StringComparison.Ordinal);
        await conversation.AskAsync("four");
        Assert.Equal(
            """[{"type":"text","text":"one"},{"type":"text","text":"two"},{"type":"image_url","image_url":{"url":"https://x.example/a.png"}},{"type":"text","text":"three"},{"type":"text","text":"four"}]""",
            Assert.Single(conversation.Sent).GetProperty("content").GetRawText());
        await conversation.AskAsync("five");
        Assert.Equal(7, conversation.Server.Requests.Count);
    }

    [Fact]
    public async Task Gemini_gets_the_signature_of_its_calls_back_in_their_place()
    {
        const string Signed = """{"google":{"thought_signature":"c2lnbmF0dXJl"}}""";
        var calls = """{"tool_calls":[{"index":0,"id":"","function":{"name":"time","arguments":"{}"},"extra_content":EXTRA},{"index":0,"id":"","function":{"name":"time","arguments":"{}"}}]}"""
            .Replace("EXTRA", Signed, StringComparison.Ordinal);
        await using var conversation = await Conversation.StartAsync(
            agent => agent.WithTool(() => "noon", "time"),
            Reply.Stream(Reply.Delta(calls), Reply.Finish("tool_calls")),
            Strict.Reply(Ok, Strict.Gemini),
            Strict.Reply(Ok, Strict.Gemini));
        await conversation.AskAsync("first");
        conversation.StartAgain();
        await conversation.AskAsync("second");
        var sent = conversation.Sent[1].GetProperty("tool_calls");
        Assert.Equal(Signed, sent[0].GetProperty("extra_content").GetRawText());
        Assert.False(sent[1].TryGetProperty("extra_content", out _));
        Assert.False(sent[0].TryGetProperty("provider_name", out _));
    }

    [Fact]
    public async Task What_else_a_call_has_goes_back_untouched_to_its_endpoint_and_to_no_other()
    {
        const string Pieces = """{"tool_calls":[{"index":0,"id":"a","provider_specific_fields":{"x":[1,null]},"function":{"name":"time","arguments":"{}","thought_signature":"s"}}]}""";
        await using var server = await ModelServer.StartAsync(Reply.Stream(Reply.Delta(Pieces), Reply.Finish("tool_calls")), Ok);
        await using var other = await ModelServer.StartAsync(Ok);
        using var client = server.Client();
        using var elsewhere = other.Client();
        var first = await client.GetResponseAsync("hello").Within();
        ChatMessage[] messages = [new(ChatRole.User, "hello"), .. first.Messages, new(ChatRole.Tool, [new FunctionResultContent("a", "noon")])];
        await client.GetResponseAsync(messages).Within();
        await elsewhere.GetResponseAsync(messages).Within();

        Assert.Equal(
            """{"id":"a","type":"function","function":{"name":"time","arguments":"{}","thought_signature":"s"},"provider_specific_fields":{"x":[1,null]}}""",
            server.Requests[1].Body.GetProperty("messages")[1].GetProperty("tool_calls")[0].GetRawText());
        Assert.Equal(
            """{"id":"a","type":"function","function":{"name":"time","arguments":"{}"}}""",
            other.Requests[0].Body.GetProperty("messages")[1].GetProperty("tool_calls")[0].GetRawText());
    }

    [Theory]
    [InlineData(
        """[{"type":"reasoning.encrypted","data":"c2VjcmV0","id":"rs_1","format":"google-gemini-v1","index":0}]""",
        null,
        """[{"type":"reasoning.encrypted","data":"c2VjcmV0","id":"rs_1","format":"google-gemini-v1","index":0}]""")]
    [InlineData(
        """[{"type":"reasoning.text","text":"Hm","format":"anthropic-claude-v1","index":0}]""",
        """[{"type":"reasoning.text","text":"m.","format":"anthropic-claude-v1","index":0},{"type":"reasoning.encrypted","data":"eA==","index":1}]""",
        """[{"type":"reasoning.text","text":"Hmm.","format":"anthropic-claude-v1","index":0},{"type":"reasoning.encrypted","data":"eA==","index":1}]""")]
    [InlineData(
        """[{"type":"reasoning.text","text":"Hm","index":0}]""",
        """[{"type":"reasoning.text","signature":"sig","index":0}]""",
        """[{"type":"reasoning.text","text":"Hm","index":0,"signature":"sig"}]""")]
    public async Task OpenRouter_gets_its_reasoning_details_back(string first, string? second, string expected)
    {
        string[] thoughts = [.. new[] { first, second }.OfType<string>().Select(details => Reply.Delta("""{"content":"","reasoning":"Hm","reasoning_details":DETAILS}""".Replace("DETAILS", details, StringComparison.Ordinal)))];
        await using var conversation = await Conversation.StartAsync(
            agent => agent.WithTool(() => "noon", "time"), Reply.Stream([.. thoughts, Reply.Delta(Call), Reply.Finish("tool_calls")]), Ok, Ok);
        await conversation.AskAsync("first");
        Assert.Equal(expected, conversation.Sent[1].GetProperty("reasoning_details").GetRawText());
        Assert.StartsWith("Hm", conversation.Sent[1].GetProperty("reasoning").GetString(), StringComparison.Ordinal);
        conversation.StartAgain();
        await conversation.AskAsync("second");
        Assert.Equal(expected, conversation.Sent[1].GetProperty("reasoning_details").GetRawText());
    }

    [Fact]
    public async Task Details_that_come_after_the_words_go_back_too_and_only_to_their_endpoint()
    {
        const string Blocks = """[{"type":"thinking","thinking":"Hm","signature":"s"}]""";
        await using var server = await ModelServer.StartAsync(
            Reply.Stream(Reply.Text("Yes"), Reply.Delta($$$$"""{"thinking_blocks":{{{{Blocks}}}},"extra_content":{"google":{"thought_signature":"t"}}}"""), Reply.Finish()), Ok);
        await using var other = await ModelServer.StartAsync(Ok);
        using var client = server.Client();
        using var elsewhere = other.Client();
        var first = await client.GetResponseAsync("hello").Within();
        await client.GetResponseAsync(first.Messages).Within();
        await elsewhere.GetResponseAsync(first.Messages).Within();

        Assert.Equal(
            $$$$"""{"role":"assistant","content":"Yes","thinking_blocks":{{{{Blocks}}}},"extra_content":{"google":{"thought_signature":"t"}}}""",
            server.Requests[1].Body.GetProperty("messages")[0].GetRawText());
        Assert.Equal("""{"role":"assistant","content":"Yes"}""", other.Requests[0].Body.GetProperty("messages")[0].GetRawText());
    }

    [Fact]
    public async Task A_content_that_Gemini_calls_a_thought_is_one()
    {
        var contents = await Ask.ContentsAsync(Reply.Stream(
            Reply.Delta("""{"content":"Hm","extra_content":{"google":{"thought":true}}}"""), Reply.Text("Yes"), Reply.Finish(), Reply.Done));
        Assert.Equal("Hm", Assert.IsType<TextReasoningContent>(contents[0]).Text);
        Assert.Equal("Yes", Assert.IsType<TextContent>(contents[1]).Text);
        Assert.Equal(2, contents.Count);
    }

    [Fact]
    public async Task Thoughts_that_are_not_to_be_shown_still_go_back()
    {
        await using var conversation = await Conversation.StartAsync(
            agent => agent.WithTool(() => "noon", "time").WithOptions(options => options.Reasoning = new() { Output = ReasoningOutput.None }),
            Reply.Stream(Reply.Delta("""{"reasoning_content":"H"}"""), Reply.Delta("""{"reasoning_content":"m"}"""), Reply.Delta(Call), Reply.Finish("tool_calls")),
            Strict.Reply(Ok, Strict.DeepSeek));
        Assert.DoesNotContain(await conversation.RunAsync("first"), item => item.Contains("thinking", StringComparison.Ordinal));
        Assert.Equal("Hm", conversation.Sent[1].GetProperty("reasoning_content").GetString());
    }
}
