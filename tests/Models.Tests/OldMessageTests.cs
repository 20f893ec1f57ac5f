using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace AgentStream.Models.Tests;

/// <summary>
/// What a model once said, or a tool returned, does not end a session: an endpoint that refuses a request for one old message gets none to refuse.
/// </summary>
public sealed class OldMessageTests
{
    private const string Prompt = """{"kind":"request","parts":[{"part_kind":"user-prompt","content":"what was that?"}]}""";

    private static RequestDelegate Ok => Reply.Stream(Reply.Text("ok"), Reply.Finish(), Reply.Done);

    [Fact]
    public async Task A_cancel_while_the_model_thinks_leaves_nothing_that_is_refused()
    {
        var left = new TaskCompletionSource();
        await using var conversation = await Conversation.StartAsync(
            Reply.Hold(Reply.Event(Reply.Delta("""{"reasoning_content":"Hm"}""")), left), Strict.Reply(Ok), Strict.Reply(Ok));
        Assert.Equal("error {\"msg\":\"canceled\"}", (await conversation.RunAsync("first", cancelAfter: "Hm"))[^1]);
        Assert.Equal("ok", await conversation.AskAsync("second"));
        Assert.Equal("ok", await conversation.AskAsync("third"));

        Assert.Equal(["user", "user", "assistant", "user"], conversation.Sent.Select(message => message.GetProperty("role").GetString()));
        Assert.Equal("Hm", conversation.Saved[1].GetProperty("parts")[0].GetProperty("content").GetString());
    }

    [Theory]
    [InlineData("""{"reasoning_content":"Hm"}""", "length", "crashed - the model's answer is empty (length)")]
    [InlineData("""{"content":""}""", "stop", "crashed - the model's answer is empty (stop)")]
    [InlineData("""{"content":"  \n"}""", "content_filter", "crashed - the model's answer is empty (content_filter)")]
    [InlineData("""{"role":"assistant"}""", "tool_calls", "crashed - the model's answer is empty (tool_calls)")]
    public async Task An_empty_answer_is_an_error_of_the_run_and_of_no_later_one(string delta, string reason, string expected)
    {
        await using var conversation = await Conversation.StartAsync(
            Reply.Stream(Reply.Delta(delta), Reply.Finish(reason), Reply.Done), Strict.Reply(Ok), Strict.Reply(Ok));
        var events = await conversation.RunAsync("first");
        Assert.Equal(expected, JsonElement.Parse(events[^1]["error ".Length..]).GetProperty("msg").GetString());
        Assert.Equal(delta.Contains("Hm", StringComparison.Ordinal), events.Any(item => item.Contains("\"content\":\"Hm\"", StringComparison.Ordinal)));
        await conversation.AskAsync("second");
        await conversation.AskAsync("third");
    }

    [Theory]
    [InlineData("""{"part_kind":"thinking","content":"Hm"}""")]
    [InlineData("""{"part_kind":"text","content":""}""")]
    [InlineData("""{"part_kind":"text","content":" \n"}""")]
    [InlineData("""{"part_kind":"file","content":{"kind":"binary","data":"AAAA","media_type":"image/png"}}""")]
    [InlineData("""{"part_kind":"builtin-tool-call","tool_name":"web_search","tool_call_id":"b1","args":{}}""")]
    [InlineData("""{"part_kind":"compaction","content":"..."}""")]
    [InlineData("")]
    public async Task A_response_without_words_and_calls_is_not_sent_as_an_empty_message(string part)
    {
        await using var conversation = await Conversation.StartAsync(Strict.Reply(Ok));
        conversation.Import($$"""[{{Prompt}},{"kind":"response","parts":[{{part}}]}]""");
        Assert.Equal("ok", await conversation.AskAsync("and now?"));
    }

    [Theory]
    [InlineData("""{"part_kind":"user-prompt","content":""}""")]
    [InlineData("""{"part_kind":"user-prompt","content":[]}""")]
    [InlineData("""{"part_kind":"user-prompt","content":[{"kind":"cache-point"}]}""")]
    [InlineData("""{"part_kind":"system-prompt","content":""}""")]
    public async Task An_empty_part_of_a_request_is_not_sent(string part)
    {
        await using var conversation = await Conversation.StartAsync(Strict.Reply(Ok));
        conversation.Import($$"""[{"kind":"request","parts":[{{part}}]},{"kind":"response","parts":[{"part_kind":"text","content":"hi"}]}]""");
        await conversation.AskAsync("and now?");
    }

    [Theory]
    [InlineData("""{"part_kind":"user-prompt","content":"never mind"}""", "c1=interrupted c2=interrupted")]
    [InlineData("""{"part_kind":"tool-return","tool_name":"look","tool_call_id":"c2","content":"two"},{"part_kind":"user-prompt","content":"continue"}""", "c1=interrupted c2=two")]
    [InlineData("""{"part_kind":"user-prompt","content":"continue"},{"part_kind":"tool-return","tool_name":"look","tool_call_id":"c2","content":"two"},{"part_kind":"retry-prompt","tool_name":"look","tool_call_id":"c1","content":"no"}""", "c1=no c2=two")]
    [InlineData("""{"part_kind":"tool-return","tool_name":"look","tool_call_id":"c1","content":"one"},{"part_kind":"tool-return","tool_name":"look","tool_call_id":"c1","content":"again"},{"part_kind":"tool-return","tool_name":"look","tool_call_id":"c2","content":"two"}""", "c1=one c2=two")]
    public async Task Each_call_gets_its_result_anywhere_in_a_history(string next, string expected)
    {
        await using var conversation = await Conversation.StartAsync(Strict.Reply(Ok));
        conversation.Import($$$"""
            [{{{Prompt}}},
             {"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"look","tool_call_id":"c1","args":{}},{"part_kind":"tool-call","tool_name":"look","tool_call_id":"c2","args":{}}]},
             {"kind":"request","parts":[{{{next}}}]},
             {"kind":"response","parts":[{"part_kind":"text","content":"well"}]}]
            """);
        await conversation.AskAsync("and now?");
        Assert.Equal(expected, string.Join(' ', Results(conversation)));
    }

    [Fact]
    public async Task A_result_without_its_call_is_told_in_words()
    {
        await using var conversation = await Conversation.StartAsync(Strict.Reply(Ok));
        conversation.Import($$$"""
            [{"kind":"request","parts":[{"part_kind":"tool-return","tool_name":"look","tool_call_id":"c0","content":{"sky":"blue"}},{"part_kind":"user-prompt","content":"so?"}]},
             {"kind":"response","parts":[{"part_kind":"text","content":"well"}]}]
            """);
        await conversation.AskAsync("and now?");
        Assert.Equal("user", conversation.Sent[0].GetProperty("role").GetString());
        Assert.Contains("look returned this, for a call that is not here: {\"sky\":\"blue\"}", conversation.Sent[0].GetProperty("content").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo<|channel|>commentary")]
    [InlineData("")]
    [InlineData("<")]
    [InlineData("functions.echo")]
    [InlineData("Github/Get File")]
    [InlineData("é")]
    [InlineData("a_name_that_is_longer_than_any_endpoint_takes_it_since_it_has_more_than_64_characters")]
    public async Task A_name_that_the_model_made_up_is_told_to_it_and_refused_by_no_endpoint(string name)
    {
        var call = $$$"""{"tool_calls":[{"index":0,"id":"call_a","function":{"name":{{{JsonSerializer.Serialize(name)}}},"arguments":"{}"}}]}""";
        await using var conversation = await Conversation.StartAsync(
            agent => agent.WithTool((string text) => text, "echo"),
            Reply.Stream(Reply.Delta(call), Reply.Finish("tool_calls")),
            Strict.Reply(Ok),
            Strict.Reply(Ok));
        await conversation.AskAsync("first");
        Assert.Contains($"Unknown tool name: '{name}'. Available tools: echo.", conversation.Sent[2].GetProperty("content").GetString(), StringComparison.Ordinal);
        var sent = conversation.Sent[1].GetRawText();
        await conversation.AskAsync("second");
        Assert.Equal(sent, conversation.Sent[1].GetRawText());
    }

    [Theory]
    [InlineData("files.read")]
    [InlineData("Github/Get File")]
    [InlineData("a_tool_with_a_name_that_is_longer_than_any_endpoint_takes_it_with_its_70_chars")]
    public async Task A_tool_whose_name_endpoints_refuse_is_offered_and_called_under_another(string name)
    {
        string? told = null;
        await using var conversation = await Conversation.StartAsync(
            agent => agent.WithTool((string path) => $"read {path}", name).WithTool(() => 1, "plain"),
            Strict.Reply(async context =>
            {
                var tools = ((JsonElement)context.Items[nameof(ModelRequest.Body)]!).GetProperty("tools");
                Assert.Equal("plain", tools[1].GetProperty("function").GetProperty("name").GetString());
                told = tools[0].GetProperty("function").GetProperty("name").GetString()!;
                var call = $$$"""{"tool_calls":[{"index":0,"id":"call_a","function":{"name":"{{{told}}}","arguments":"{\"path\":\"/x\"}"}}]}""";
                await Reply.Stream(Reply.Delta(call), Reply.Finish("tool_calls"))(context);
            }),
            Strict.Reply(Ok));
        await conversation.AskAsync("first");
        Assert.Equal("read /x", conversation.Sent[2].GetProperty("content").GetString());
        Assert.Equal(told, conversation.Sent[1].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("name").GetString());
        Assert.Equal(name, conversation.Saved[1].GetProperty("parts")[0].GetProperty("tool_name").GetString());
    }

    [Theory]
    [InlineData("functions.echo:0", "functions.echo:0")]
    [InlineData("call_0", "call_0")]
    [InlineData("", "")]
    [InlineData("an id with spaces", "another id with spaces")]
    public async Task Ids_that_come_again_or_that_endpoints_refuse_are_sent_as_others(string first, string second)
    {
        await using var conversation = await Conversation.StartAsync(
            agent => agent.WithTool((int n) => n * 10, "tens"), Call(first, 1), Strict.Reply(Call(second, 2)), Strict.Reply(Ok), Strict.Reply(Call(first, 3)), Strict.Reply(Ok));
        await conversation.AskAsync("first");
        Assert.Equal(["10", "20"], Results(conversation).Select(result => result.Split('=')[1]));
        conversation.StartAgain();
        await conversation.AskAsync("second");
        Assert.Equal(["10", "20", "30"], Results(conversation).Select(result => result.Split('=')[1]));

        static RequestDelegate Call(string id, int n) => Reply.Stream(
            Reply.Delta($$$"""{"tool_calls":[{"index":0,"id":"{{{id}}}","function":{"name":"tens","arguments":"{\"n\":{{{n}}}}"}}]}"""), Reply.Finish("tool_calls"));
    }

    [Theory]
    [InlineData("""{"kind":"document-url","url":"https://files.example/a.pdf"}""", "application/pdf")]
    [InlineData("""{"kind":"audio-url","url":"https://files.example/a.mp3"}""", "audio/mpeg")]
    [InlineData("""{"kind":"video-url","url":"https://files.example/a.mp4"}""", "video/mp4")]
    [InlineData("""{"kind":"image-url","url":"gs://bucket/a.png"}""", "image/png")]
    [InlineData("""{"kind":"binary","data":"AAAAAA==","media_type":"video/mp4"}""", "video/mp4, 4 bytes")]
    [InlineData("""{"kind":"binary","data":"AAAAAA==","media_type":"application/vnd.openxmlformats-officedocument.wordprocessingml.document"}""", "wordprocessingml.document, 4 bytes")]
    [InlineData("""{"kind":"binary","data":"AAAAAA==","media_type":"audio/ogg"}""", "audio/ogg, 4 bytes")]
    [InlineData("""{"kind":"binary","data":"AAAAAA==","media_type":"image/svg+xml"}""", "image/svg+xml, 4 bytes")]
    public async Task Old_content_that_the_model_cannot_take_becomes_a_note(string item, string expected)
    {
        await using var conversation = await Conversation.StartAsync(Strict.Reply(Ok));
        conversation.Import($$"""[{"kind":"request","parts":[{"part_kind":"user-prompt","content":["Look",{{item}}]}]},{"kind":"response","parts":[{"part_kind":"text","content":"nice"}]}]""");
        await conversation.AskAsync("and now?");
        var said = conversation.Sent[0].GetProperty("content").GetString();
        Assert.StartsWith("Look\n[", said, StringComparison.Ordinal);
        Assert.Contains(expected, said, StringComparison.Ordinal);
        Assert.DoesNotContain("AAAA", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"kind":"image-url","url":"https://files.example/a.png"}""", "image_url")]
    [InlineData("""{"kind":"binary","data":"AAAA","media_type":"image/png"}""", "image_url")]
    [InlineData("""{"kind":"binary","data":"AAAA","media_type":"application/pdf"}""", "file")]
    [InlineData("""{"kind":"binary","data":"YSxi","media_type":"text/csv"}""", "text")]
    [InlineData("""{"kind":"binary","data":"AAAA","media_type":"audio/wav"}""", "input_audio")]
    public async Task Old_content_that_the_model_takes_is_sent_as_it_was(string item, string type)
    {
        await using var conversation = await Conversation.StartAsync(Strict.Reply(Ok));
        conversation.Import($$"""[{"kind":"request","parts":[{"part_kind":"user-prompt","content":["Look",{{item}}]}]},{"kind":"response","parts":[{"part_kind":"text","content":"nice"}]}]""");
        await conversation.AskAsync("and now?");
        Assert.Equal(type, conversation.Sent[0].GetProperty("content")[1].GetProperty("type").GetString());
    }

    [Fact]
    public async Task Texts_of_one_prompt_stay_separate_words()
    {
        await using var conversation = await Conversation.StartAsync(Strict.Reply(Ok));
        conversation.Import("""
            [{"kind":"request","parts":[{"part_kind":"user-prompt","content":["What is 1","2 times 3?"]}]},
             {"kind":"response","parts":[{"part_kind":"text","content":"One"},{"part_kind":"text","content":"Two"},{"part_kind":"thinking","content":"Hm"},{"part_kind":"text","content":"Three"}]}]
            """);
        await conversation.AskAsync("and now?");
        Assert.Equal(["What is 1\n2 times 3?", "One\nTwo\nThree", "and now?"], conversation.Sent.Select(message => message.GetProperty("content").GetString()));
    }

    [Fact]
    public async Task What_the_model_is_told_first_is_one_message_and_first()
    {
        await using var conversation = await Conversation.StartAsync(agent => agent.WithInstructions("Be brief."), Strict.Reply(Ok));
        conversation.Import("""
            [{"kind":"request","parts":[{"part_kind":"system-prompt","content":"Be kind."},{"part_kind":"user-prompt","content":"hi"},{"part_kind":"system-prompt","content":"Be quick."}]},
             {"kind":"response","parts":[{"part_kind":"text","content":"hello"}]}]
            """);
        await conversation.AskAsync("and now?");
        Assert.Equal("Be brief.\n\nBe kind.\n\nBe quick.", conversation.Sent[0].GetProperty("content").GetString());
        Assert.Equal(["system", "user", "assistant", "user"], conversation.Sent.Select(message => message.GetProperty("role").GetString()));
    }

    [Fact]
    public async Task A_result_larger_than_the_context_is_cut_and_the_model_is_told()
    {
        var limit = Strict.AtMost(400_000);
        await using var conversation = await Conversation.StartAsync(
            agent => agent.WithTool(() => new string('x', 3_000_000), "read"),
            Reply.Stream(Reply.Delta("""{"tool_calls":[{"index":0,"id":"call_a","function":{"name":"read","arguments":"{}"}}]}"""), Reply.Finish("tool_calls")),
            Strict.Reply(Ok, limit),
            Strict.Reply(Ok, limit));
        await conversation.AskAsync("read it");
        var result = conversation.Sent[2].GetProperty("content").GetString()!;
        Assert.StartsWith(new string('x', AgentBuilder.DefaultMaxToolResult) + "\n[", result, StringComparison.Ordinal);
        Assert.Contains((3_000_000 - AgentBuilder.DefaultMaxToolResult).ToString("N0", CultureInfo.InvariantCulture), result, StringComparison.Ordinal);
        await conversation.AskAsync("hello?");
    }

    [Fact]
    public async Task A_result_of_an_imported_history_is_cut_too()
    {
        await using var conversation = await Conversation.StartAsync(Strict.Reply(Ok, Strict.AtMost(400_000)));
        conversation.Import($$$"""
            [{{{Prompt}}},{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"read","tool_call_id":"c1","args":{}}]},
             {"kind":"request","parts":[{"part_kind":"tool-return","tool_name":"read","tool_call_id":"c1","content":{"text":"{{{new string('y', 1_000_000)}}}"}}]},
             {"kind":"response","parts":[{"part_kind":"text","content":"well"}]}]
            """);
        await conversation.AskAsync("and now?");
        Assert.Contains("was cut here", Assert.Single(Results(conversation)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"kind":"binary","data":"AAAAAAAAAAAAAAAA","media_type":"image/png"}""")]
    [InlineData("""["a picture",{"kind":"binary","data":"AAAAAAAAAAAAAAAA","media_type":"image/png","identifier":"x"}]""")]
    [InlineData("""{"shots":[{"type":"image","data":"AAAAAAAAAAAAAAAA","mimeType":"image/png"}]}""")]
    [InlineData("\"data:image/png;base64,AAAAAAAAAAAAAAAA\"")]
    [InlineData("\"see ![this](data:image/png;base64,AAAAAAAAAAAAAAAA) picture\"")]
    public async Task No_result_is_base64_in_a_text(string content)
    {
        await using var conversation = await Conversation.StartAsync(Strict.Reply(Ok));
        conversation.Import($$$"""
            [{{{Prompt}}},{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"shot","tool_call_id":"c1","args":{}}]},
             {"kind":"request","parts":[{"part_kind":"tool-return","tool_name":"shot","tool_call_id":"c1","content":{{{content}}}}]},
             {"kind":"response","parts":[{"part_kind":"text","content":"well"}]}]
            """);
        await conversation.AskAsync("and now?");
        var result = Assert.Single(Results(conversation));
        Assert.DoesNotContain("AAAA", result, StringComparison.Ordinal);
        Assert.Contains("[data was here: image/png, 12 bytes]", result, StringComparison.Ordinal);
    }

    private static List<string> Results(Conversation conversation) =>
        [.. conversation.Sent.Where(message => message.GetProperty("role").GetString() == "tool")
            .Select(message => $"{message.GetProperty("tool_call_id").GetString()}={message.GetProperty("content").GetString()}")];
}
