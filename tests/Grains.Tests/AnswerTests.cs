using System.Text.Json;
using AgentStream.Grains.Chat;
using AgentStream.Grains.Output;
using AgentStream.Messages;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests;

/// <summary>Which answers of a model are errors of the run, whichever chat client gives them, and what happens to what a client gives apart from words.</summary>
public sealed class AnswerTests
{
    public static TheoryData<Step[], string> NoAnswers => new()
    {
        { [new Step.Raw(new() { FinishReason = ChatFinishReason.Length })], "the model's answer is empty (length)" },
        { [Step.Think("hm")], "the model's answer is empty (stop)" },
        { [Step.Say(" \n")], "the model's answer is empty (stop)" },
        { [new Step.Give(new UsageContent(new() { OutputTokenCount = 3 }))], "the model's answer is empty (stop)" },
        { [Step.Say("so"), new Step.BreakOff()], BrokeOff },
        { [Step.Call("c1", "count"), new Step.BreakOff()], BrokeOff },
        { [new Step.BreakOff()], BrokeOff },
        { [Step.Say("so"), new Step.Give(new ErrorContent("overloaded") { ErrorCode = "529", Details = "try later" })], "the model failed within its answer: overloaded (529): try later" },
        { [new Step.Give(new ErrorContent(null))], "the model failed within its answer: it does not say why" },
        { [Step.Call("c1", "count"), new Step.Give(new TextContent("so"), new ErrorContent("overloaded"))], "the model failed within its answer: overloaded" },
        { [new Step.Raw(new(ChatRole.Assistant, "so") { FinishReason = new("error") })], "the model failed within its answer: its finish reason is 'error'" },
    };

    private const string BrokeOff = "the model broke its stream off before the end of the answer: there is no finish reason (AgentBuilder.WithoutFinishReasons is for chat clients that never give one)";

    [Theory]
    [MemberData(nameof(NoAnswers))]
    public async Task What_is_no_answer_ends_the_run_and_the_next_prompt_works(Step[] answer, string expected)
    {
        var called = 0;
        var model = new ScriptedModel(answer, [Step.Say("fine")]);
        await using var silos = await TestSilos.StartAsync(null, model, _ => { }, agent => agent.WithTool(() => ++called, "count"));
        var key = TestSilos.NewSession();
        var transcript = await silos.RunAsync(key, "first");
        Assert.EndsWith($"error {{\"msg\":{JsonSerializer.Serialize($"crashed - {expected}", ChatJson.SerializerOptions)},\"reason\":\"model_failed\"}}\nend\n", transcript, StringComparison.Ordinal);
        Assert.Equal(0, called);
        Assert.Equal(
            answer.SelectMany(step => step is Step.Give give ? give.Contents : step is Step.Raw raw ? raw.Update.Contents : []).Any(content => content is TextContent { Text: "so" }),
            transcript.Contains("\"so\"", StringComparison.Ordinal));

        Assert.Contains("\"fine\"", await silos.RunAsync(key, "second"), StringComparison.Ordinal);
        Assert.All(model.Requests.Last().Messages, message => Assert.NotEmpty(message.Contents));
    }

    [Fact]
    public async Task Thoughts_of_an_empty_answer_stay()
    {
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel([Step.Think("hm")], [Step.Say("fine")]));
        var key = TestSilos.NewSession();
        Assert.Contains("\"part_kind\":\"thinking\",\"content\":\"hm\"", await silos.RunAsync(key), StringComparison.Ordinal);
        var history = ModelMessages.FromJson((await silos.Client.GetSessionAsync(key))!.Messages);
        Assert.Equal("hm", Assert.IsType<ThinkingPart>(Assert.Single(((ModelResponse)history[1]).Parts)).Content);
    }

    [Fact]
    public async Task A_client_that_never_gives_a_finish_reason_can_be_taken_at_its_word()
    {
        await using var silos = await TestSilos.StartAsync(
            null,
            new ScriptedModel([Step.Call("c1", "count"), new Step.BreakOff()], [Step.Say("one"), new Step.BreakOff()], [new Step.BreakOff()]),
            _ => { },
            agent => agent.WithoutFinishReasons().WithTool(() => 1, "count"));
        var key = TestSilos.NewSession();
        Assert.Contains("\"one\"", await silos.RunAsync(key), StringComparison.Ordinal);
        Assert.Contains("crashed - the model's answer is empty (no finish reason)", await silos.RunAsync(key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_shown_is_said_and_a_file_is_kept()
    {
        byte[] png = [1, 2, 3];
        var model = new ScriptedModel(
            [
                Step.Say("here"),
                new Step.Give(new DataContent(png, "image/png"), new DataContent(png, "image/png"), new UriContent("https://x.example/a", "image/png")),
                new Step.Give(new WebSearchToolCallContent("w1"), new AIContent()),
                Step.Say("there"),
            ],
            [new Step.Give(new DataContent(png, "image/png"))],
            [Step.Say("fine")]);
        await using var silos = await TestSilos.StartAsync(null, model);
        var key = new SessionKey(1, 1, "s1");
        Assert.Equal("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"here"}
            event {"idx":0,"event":"answer"}
            info {"msg":"content-not-shown","kind":"DataContent","media_type":"image/png"}
            info {"msg":"content-not-shown","kind":"UriContent"}
            info {"msg":"content-not-shown","kind":"WebSearchToolCallContent"}
            info {"msg":"content-not-shown","kind":"AIContent"}
            event {"idx":0,"event":"part_start","event_idx":3,"part_kind":"text","content":"there"}
            event {"idx":0,"event":"llm-end"}
            end

            """, await silos.RunAsync(key));
        Assert.Equal("agentstream", (await InfoAsync(silos, key)).Origin);

        // A file alone is an answer.
        Assert.EndsWith("\"llm-end\"}\nend\n", await silos.RunAsync(key), StringComparison.Ordinal);
        await silos.RunAsync(key);
        Assert.Equal(["here\n[data was here: image/png, 3 bytes]\n[data was here: image/png, 3 bytes]\nthere", "[data was here: image/png, 3 bytes]"],
            model.Requests.Last().Messages.Where(message => message.Role == ChatRole.Assistant).Select(message => message.Text));

        static async Task<StreamEntry> InfoAsync(TestSilos silos, SessionKey key)
        {
            await foreach (var item in silos.Client.ListenRawAsync(key))
            {
                if (item.Type == Protocol.Info)
                {
                    return item;
                }
            }

            throw new InvalidOperationException("There is no info.");
        }
    }

    [Fact]
    public async Task Two_authors_and_two_messages_are_two_parts()
    {
        static Step Say(string text, string? author, string? message) => new Step.Raw(new(ChatRole.Assistant, text) { AuthorName = author, MessageId = message });
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel(
            [Say("", null, null), Say("a", null, "m1"), Say("b", "ann", null), Say("c", "bob", "m1"), Say("d", null, "m2"), Say("e", null, null), new Step.Raw(new(ChatRole.Assistant, [new TextReasoningContent("f")]))]));
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);
        var response = (ModelResponse)ModelMessages.FromJson((await silos.Client.GetSessionAsync(key))!.Messages)[1];
        Assert.Equal(["ab", "c", "de", "f"], response.Parts.Select(part => part switch { TextPart text => text.Content, ThinkingPart thought => thought.Content, _ => "?" }));
    }

    [Fact]
    public async Task Each_thought_keeps_its_own_signature_and_what_came_with_it()
    {
        var model = new ScriptedModel(
            [
                new Step.Give(new TextReasoningContent("one")), new Step.Give(new TextReasoningContent("") { ProtectedData = "s1" }),
                new Step.Give(new TextReasoningContent("two") { ProtectedData = "s2", AdditionalProperties = new() { ["provider_name"] = "x", ["kind"] = 7 } }),
                new Step.Give(new TextReasoningContent("") { ProtectedData = "s3" }),
                new Step.Give(new FunctionCallContent("c1", "count") { AdditionalProperties = new() { ["signature"] = "abc", ["more"] = new Dictionary<string, object?> { ["a"] = 1 }, ["odd"] = new Func<int>(() => 1) } }),
            ],
            [Step.Say("fine")]);
        await using var silos = await TestSilos.StartAsync(null, model, _ => { }, agent => agent.WithTool(() => 1, "count"));
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);
        var contents = model.Requests.Last().Messages[1].Contents;
        Assert.Equal([("one", "s1"), ("", "s3")], contents.OfType<TextReasoningContent>().Select(thought => (thought.Text, thought.ProtectedData)));
        var call = contents.OfType<FunctionCallContent>().Single();
        Assert.Equal("abc", call.AdditionalProperties!["signature"]);
        Assert.Equal("""{"a":1}""", call.AdditionalProperties["more"]!.ToString());
        Assert.Equal(2, call.AdditionalProperties.Count);

        // Also after a restart: the history has it.
        var kept = (ModelResponse)ModelMessages.FromJson((await silos.Client.GetSessionAsync(key))!.Messages)[1];
        Assert.Equal(("x", """{"kind":7}"""), (((ThinkingPart)kept.Parts[1]).ProviderName, ((ThinkingPart)kept.Parts[1]).ProviderDetails.ToString()));
        Assert.Equal("""{"signature":"abc","more":{"a":1}}""", kept.ToolCalls.Single().ProviderDetails.ToString());
    }

    public static TheoryData<FunctionCallContent[][], string[]> Calls => new()
    {
        // Whole, in one update or in several; with an id, without, or with one for all.
        { [[new("c1", "add", Args(1)), new("c2", "add", Args(2))]], ["""c1 add {"n":1}""", """c2 add {"n":2}"""] },
        { [[new("x", "add", Args(1)), new("x", "add", Args(2))]], ["""x add {"n":1}""", """* add {"n":2}"""] },
        { [[new("x", "add", Args(1))], [new("x", "add", Args(2))]], ["""x add {"n":1}""", """* add {"n":2}"""] },
        { [[new("x", "add", Args(1)), new("x", "add", Args(1))]], ["""x add {"n":1}""", """* add {"n":1}"""] },
        { [[new("", "add", Args(1)), new("", "add", Args(1))]], ["""* add {"n":1}""", """* add {"n":1}"""] },
        { [[new("", "add", Args(1))], [new("", "add", Args(1))]], ["""* add {"n":1}""", """* add {"n":1}"""] },
        { [[new("x", "add", Args(1))], [new("x", "sub", Args(2))]], ["""x add {"n":1}""", """* sub {"n":2}"""] },

        // In pieces: the name first, or again with each; the id first, again, another one, or never.
        { [[new("c1", "add")], [new("c1", "add", Args(1))]], ["""c1 add {"n":1}"""] },
        { [[new("c1", "add")], [new("c1", "", Args(1))]], ["""c1 add {"n":1}"""] },
        { [[new("c1", "add")], [new("", "", Args(1))]], ["""c1 add {"n":1}"""] },
        { [[new("c1", "add")], [new("c2", "", Args(1))]], ["""c1 add {"n":1}"""] },
        { [[new("", "add")], [new("", "add", Args(1))]], ["""* add {"n":1}"""] },
        { [[new("", "add")], [new("", "", Args(1))]], ["""* add {"n":1}"""] },
        { [[new("c1", "add"), new("c2", "sub")], [new("c1", "", Args(1))], [new("c2", "", Args(2))]], ["""c1 add {"n":1}""", """c2 sub {"n":2}"""] },
        { [[new("c1", "add", Args(1))], [new("c1", "", new Dictionary<string, object?> { ["m"] = 2 })]], ["""c1 add {"n":1,"m":2}"""] },

        // The same once more.
        { [[new("c1", "add", Args(1))], [new("c1", "add", Args(1))]], ["""c1 add {"n":1}"""] },
        { [[new("c1", "add", Args(1))], [new("c1", "add")]], ["""c1 add {"n":1}"""] },

        // What does not add up is told.
        { [[new("c1", "add", Args(1))], [new("c1", "", Args(2))]], ["c1 add !"] },
        { [[new("c1", "add") { Exception = new JsonException("no object") }]], ["c1 add !"] },
        { [[new("", "", Args(1))]], ["""*  {"n":1}"""] },
        { [[new("c1", "add", new Dictionary<string, object?> { ["n"] = JsonElement.Parse("\"\\ud83d\"") })]], ["c1 add !"] },
        { [[new("c1", "add", new Dictionary<string, object?> { ["n"] = double.NaN })]], ["c1 add !"] },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_is_what_the_model_wrote_or_nothing(FunctionCallContent[][] updates, string[] expected)
    {
        var writer = new NodeWriter(new AnswerBounds(new AgentStreamOptions()), (_, _, _) => ValueTask.CompletedTask);
        await writer.BeginAsync(new ModelRequest([]) { Timestamp = null }, CancellationToken.None);
        foreach (var pieces in updates)
        {
            await writer.UpdateAsync(new ChatResponseUpdate(ChatRole.Assistant, [.. pieces]), CancellationToken.None);
        }

        var calls = (await writer.CompleteAsync(default, CancellationToken.None)).ToolCalls.ToList();
        Assert.Equal(calls.Count, calls.Select(call => call.ToolCallId).Distinct().Count());
        Assert.Equal(expected, calls.Select(call =>
            $"{(call.ToolCallId.StartsWith("call_", StringComparison.Ordinal) ? "*" : call.ToolCallId)} {call.ToolName} {(call.TryGetArguments(out var args, out _) ? args.GetRawText() : "!")}"));
    }

    [Fact]
    public async Task A_client_that_calls_tools_by_itself_may_give_one_id_to_all()
    {
        var called = 0;
        var model = new ScriptedModel(
        [
            new Step.Give(new FunctionCallContent("x", "count", Args(1)), new FunctionCallContent("x", "count", Args(2))),
            new Step.Give(new FunctionResultContent("x", "one"), new FunctionResultContent("x", "two")),
            new Step.Give(new FunctionCallContent("x", "count", Args(3)) { InformationalOnly = true }),
            new Step.Give(new FunctionResultContent("x", "three")),
            Step.Say("six"),
        ]);
        await using var silos = await TestSilos.StartAsync(null, model, _ => { }, agent => agent.WithTool(() => ++called, "count"));
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);
        Assert.Equal(0, called);
        var results = ModelMessages.FromJson((await silos.Client.GetSessionAsync(key))!.Messages).OfType<ModelRequest>().SelectMany(request => request.Parts.OfType<ToolReturnPart>());
        Assert.Equal(["one", "two", "three"], results.Select(result => result.Content.GetString()));
    }

    [Fact]
    public async Task Ids_that_come_again_in_later_responses_and_turns_are_other_calls()
    {
        var model = new ScriptedModel(
            [Step.Call("x", "next")], [Step.Call("x", "next")], [Step.Say("two")], [Step.Call("x", "next")], [Step.Say("three")]);
        var called = 0;
        await using var silos = await TestSilos.StartAsync(null, model, _ => { }, agent => agent.WithTool(() => ++called, "next"));
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);
        await silos.RunAsync(key);
        Assert.Equal(3, called);
        var messages = model.Requests.Last().Messages;
        var ids = messages.SelectMany(message => message.Contents.OfType<FunctionCallContent>()).Select(call => call.CallId).ToList();
        Assert.Equal(3, ids.Distinct().Count());
        Assert.Equal(["1", "2", "3"], ids.Select(id => messages.SelectMany(message => message.Contents.OfType<FunctionResultContent>()).Single(result => result.CallId == id).Result!.ToString()));

        // In the journal and the stream they are the model's own.
        Assert.All((await silos.Services.GetRequiredService<ISessionJournal>().ReadAsync(key, 0)).OfType<ToolResultRecord>(), record => Assert.Equal("x", ((ToolReturnPart)record.Result).ToolCallId));
    }

    private static Dictionary<string, object?> Args(int n) => new() { ["n"] = n };
}
