using System.Diagnostics;
using System.Text;
using System.Text.Json;
using AgentStream.Grains.Telemetry;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Telemetry;

/// <summary>What was said is in spans where an operator asks for it, within bounds, and nowhere else.</summary>
[Collection(Listening.Name)]
public sealed class ContentTests
{
    private static readonly string[] Attributes =
    [
        "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.tool.definitions", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "agentstream.content.truncated",
    ];

    private readonly SessionKey _key = TestSilos.NewSession();

    [Fact]
    public async Task Spans_have_what_was_said_in_the_form_of_the_conventions()
    {
        using var spans = new SpanCollector();
        await RunAsync(spans, new ContentCapture(true), "What is 1 + 2?", [Step.Think("Hm."), Step.Call("c1", "add", ("a", 1), ("b", 2)), Step.Call("c2", "boom")], [Step.Say("It is \"3\".")]);

        var chats = Chats(spans);
        const string Asked = """{"role":"user","parts":[{"type":"text","content":"What is 1 + 2?"}]}""";
        const string Said = """{"type":"reasoning","content":"Hm."},{"type":"tool_call","id":"c1","name":"add","arguments":{"a":1,"b":2}},{"type":"tool_call","id":"c2","name":"boom","arguments":{}}""";
        Assert.Equal(
            [$"[{Asked}]", $$"""[{"role":"assistant","parts":[{{Said}}],"finish_reason":"tool_call"}]""", """[{"type":"text","content":"Be brief."}]""", null],
            Contents(chats[0], "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "agentstream.content.truncated"));
        Assert.Equal(
            [
                $$"""[{{Asked}},{"role":"assistant","parts":[{{Said}}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":3},{"type":"tool_call_response","id":"c2","response":"The tool boom failed. The server's log has the details."}]}]""",
                """[{"role":"assistant","parts":[{"type":"text","content":"It is \"3\"."}],"finish_reason":"stop"}]""",
            ],
            Contents(chats[1], "gen_ai.input.messages", "gen_ai.output.messages"));
        var tools = JsonElement.Parse(Contents(chats[0], "gen_ai.tool.definitions").Single()!);
        Assert.Equal(["function add", "function boom", "function echo"], tools.EnumerateArray().Select(tool => $"{tool.GetProperty("type")} {tool.GetProperty("name")}"));
        Assert.Equal("integer", tools[0].GetProperty("parameters").GetProperty("properties").GetProperty("a").GetProperty("type").GetString());

        // What the tool is handed beside its arguments, and what only the log may have, is not in them.
        Assert.Equal(["""{"a":1,"b":2}""", "3"], Contents(Tool(spans, "add"), "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"));
        Assert.Equal(["{}", "\"The tool boom failed. The server's log has the details.\""], Contents(Tool(spans, "boom"), "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"));
        Assert.All(spans.Runs(_key), run => Assert.All(Contents(run, Attributes), Assert.Null));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("1", false)]
    [InlineData("false", false)]
    [InlineData("true", true)]
    [InlineData("TRUE", true)]
    public void The_variable_asks_for_it_with_true_alone(string? value, bool isOn) => Assert.Equal(isOn, ContentCapture.IsTrue(value));

    [Fact]
    public async Task Without_being_asked_for_nothing_of_it_is_in_any_span()
    {
        using var spans = new SpanCollector();
        await RunAsync(spans, content: null, "What is 1 + 2?", [Step.Call("c1", "add", ("a", 1), ("b", 2))], [Step.Say("It is 3.")]);

        Assert.NotEmpty(Chats(spans));
        Assert.All(spans.Of(_key), span => Assert.All(Contents(span, Attributes), Assert.Null));
    }

    [Fact]
    public async Task A_long_text_ends_early_and_says_so()
    {
        using var spans = new SpanCollector();
        var text = new string('x', SpanContent.MaxText - 1) + "😀 and more";
        await RunAsync(spans, new ContentCapture(true), text, [Step.Call("c1", "echo", ("text", text))], [Step.Say("ok")]);

        var chat = Chats(spans)[0];
        var said = JsonElement.Parse(Contents(chat, "gen_ai.input.messages").Single()!)[0].GetProperty("parts")[0].GetProperty("content").GetString();
        Assert.Equal($"{text[..(SpanContent.MaxText - 1)]}… (11 more characters)", said);
        Assert.Equal(true, chat.GetTagItem("agentstream.content.truncated"));
        Assert.All(Contents(Tool(spans, "echo"), "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"), value =>
        {
            Assert.InRange(value!.Length, SpanContent.MaxText, SpanContent.MaxText + 100);
            Assert.EndsWith(" more characters)", JsonElement.Parse(value).GetString(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Of_a_long_history_the_newest_messages_are_told_within_the_bound()
    {
        using var source = new ActivitySource(nameof(ContentTests));
        using var listener = new ActivityListener { ShouldListenTo = heard => heard == source, Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData };
        ActivitySource.AddActivityListener(listener);
        using var span = source.StartActivity("chat")!;
        var messages = Enumerable.Range(0, 1000).Select(i => new ChatMessage(ChatRole.User, $"{i} {new string('\u0001', 200)}")).ToList();
        var tools = Enumerable.Range(0, 1000).Select(AITool (i) => AIFunctionFactory.Create(() => i, $"tool{i}", new string('d', 500))).ToList();
        SpanContent.SetRequest(span, messages, new ChatOptions { Tools = tools });

        foreach (var (name, isLast) in new[] { ("gen_ai.input.messages", true), ("gen_ai.tool.definitions", false) })
        {
            var value = Contents(span, name).Single()!;
            Assert.InRange(Encoding.UTF8.GetByteCount(value), SpanContent.MaxBytes / 2, SpanContent.MaxBytes);
            var items = JsonElement.Parse(value);
            Assert.Equal(isLast, items[items.GetArrayLength() - 1].ToString().Contains("999 ", StringComparison.Ordinal));
            Assert.Equal(!isLast, items[0].ToString().Contains("\"tool0\"", StringComparison.Ordinal));
        }

        Assert.Equal(true, span.GetTagItem("agentstream.content.truncated"));

        // A message of too many parts has the first.
        using var other = source.StartActivity("chat")!;
        SpanContent.SetRequest(other, [new(ChatRole.User, [.. Enumerable.Range(0, 100).Select(i => new TextContent($"{i}{new string('y', 2000)}"))])], new ChatOptions());
        var parts = JsonElement.Parse(Contents(other, "gen_ai.input.messages").Single()!)[0].GetProperty("parts");
        Assert.InRange(parts.GetArrayLength(), 25, 32);
        Assert.StartsWith("0y", parts[0].GetProperty("content").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_of_files_and_what_a_provider_signed_are_not_told()
    {
        var cut = false;
        AIContent[] contents = [new DataContent("secret"u8.ToArray(), "image/png"), new TextReasoningContent("Hm.") { ProtectedData = "secret" }, new UriContent("https://example.com/a.pdf", "application/pdf")];
        Assert.Equal(
            [
                """{"type":"blob","modality":"image","mime_type":"image/png","content":""}""",
                """{"type":"reasoning","content":"Hm."}""",
                """{"type":"uri","modality":"application","mime_type":"application/pdf","uri":"https://example.com/a.pdf"}""",
            ],
            contents.Select(content => Encoding.UTF8.GetString(ContentPart.Of(content, ref cut)!)));
        Assert.False(cut);
    }

    private async Task RunAsync(SpanCollector spans, ContentCapture? content, string prompt, params Step[][] nodes)
    {
        await using var silos = await TestSilos.StartAsync(
            null,
            new NamedModel(nodes),
            options => options.IncludeDetailedErrors = false,
            agent => agent
                .WithInstructions("Be brief.")
                .WithTool((int a, int b) => a + b, "add")
                .WithTool(string () => throw new InvalidOperationException("secret"), "boom")
                .WithTool((string text) => text, "echo"),
            services => _ = content is null ? services : services.AddSingleton(content));
        await silos.RunAsync(_key, prompt);
        await Wait.Until(() => spans.Runs(_key).Count == 1, "the run has ended");
    }

    private List<Activity> Chats(SpanCollector spans) => [.. spans.Of(_key).Where(span => span.OperationName == "chat acme-1")];

    private Activity Tool(SpanCollector spans, string name) => spans.Of(_key).Single(span => span.OperationName == $"execute_tool {name}");

    private static List<string?> Contents(Activity span, params string[] names) => [.. names.Select(name => span.GetTagItem(name)?.ToString())];
}
