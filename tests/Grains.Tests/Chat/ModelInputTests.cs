using System.Text.Json;
using AgentStream.Grains.Chat;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Tests.Chat;

/// <summary>What is sent to a model, whichever client it has: the cases as a table, one history a row.</summary>
public sealed class ModelInputTests
{
    private const string Hi = """{"part_kind":"user-prompt","content":"hi"}""";
    private const string Ok = """{"part_kind":"text","content":"ok"}""";
    private const string Call = """{"part_kind":"tool-call","tool_name":"look","tool_call_id":"c1","args":{}}""";
    private const string Result = """{"part_kind":"tool-return","tool_name":"look","tool_call_id":"c1","content":"blue"}""";

    /// <summary>Requests and responses in turn, and what a client is sent of them.</summary>
    public static TheoryData<string[], string[]> Histories => new()
    {
        // Nothing to mend.
        { [Hi, Ok, Hi], ["user: hi", "assistant: ok", "user: hi"] },
        { [Hi, $"{Ok},{Call}", Result, Ok, Hi], ["user: hi", "assistant: ok look#c1({})", "tool: c1=blue", "assistant: ok", "user: hi"] },

        // Empty messages.
        { [Hi, "", Hi], ["user: hi", "user: hi"] },
        { [Hi, """{"part_kind":"thinking","content":"hm"}""", Hi], ["user: hi", "user: hi"] },
        { [Hi, """{"part_kind":"thinking","content":"","signature":"s"},{"part_kind":"text","content":"\n"}""", Hi], ["user: hi", "user: hi"] },
        { [Hi, """{"part_kind":"thinking","content":"hm"},{"part_kind":"text","content":"ok"}""", Hi], ["user: hi", "assistant: <hm> ok", "user: hi"] },
        { ["""{"part_kind":"user-prompt","content":[" ",""]}""", Ok, Hi], ["assistant: ok", "user: hi"] },
        { ["", Ok, Hi], ["assistant: ok", "user: hi"] },

        // Calls and results.
        { [Hi, Call, Hi, Ok, Hi], ["user: hi", "assistant: look#c1({})", "tool: c1=interrupted", "user: hi", "assistant: ok", "user: hi"] },
        { [Hi, Call, "", Ok, Hi], ["user: hi", "assistant: look#c1({})", "tool: c1=interrupted", "assistant: ok", "user: hi"] },
        { [Hi, Call, $"{Hi},{Result}", Ok, Hi], ["user: hi", "assistant: look#c1({})", "tool: c1=blue", "user: hi", "assistant: ok", "user: hi"] },
        { [Result, Ok, Hi], ["user: [A tool named look returned this, for a call that is not here: blue]", "assistant: ok", "user: hi"] },
        {
            [Hi, Ok, $$"""{{Hi}},{"part_kind":"retry-prompt","tool_name":"look","tool_call_id":"c7","content":"no"}""", Ok, Hi],
            ["user: hi", "assistant: ok", "user: hi", "user: [A tool named look returned this, for a call that is not here: no]", "assistant: ok", "user: hi"]
        },
        {
            [Hi, Call, Hi, Ok, $"{Result},{Hi}", Ok, Hi],
            ["user: hi", "assistant: look#c1({})", "tool: c1=interrupted", "user: hi", "assistant: ok",
                "user: [A tool named look returned this, for a call that is not here: blue]", "user: hi", "assistant: ok", "user: hi"]
        },
        {
            [Hi, $"{Call},{Call}", $"{Result},{Result.Replace("blue", "red", StringComparison.Ordinal)}", Ok, Hi],
            ["user: hi", "assistant: look#c1({}) look#c1_f4c3a287({})", "tool: c1=blue c1_f4c3a287=red", "assistant: ok", "user: hi"]
        },
        {
            [Hi, Call, Result, Call, Result.Replace("blue", "red", StringComparison.Ordinal), Ok, Hi],
            ["user: hi", "assistant: look#c1({})", "tool: c1=blue", "assistant: look#c1_f4c3a287({})", "tool: c1_f4c3a287=red", "assistant: ok", "user: hi"]
        },
        {
            [Hi, Call.Replace("\"c1\"", "null", StringComparison.Ordinal), Result.Replace("\"c1\"", "null", StringComparison.Ordinal), Ok, Hi],
            ["user: hi", "assistant: look#call_efdd30d1({})", "tool: call_efdd30d1=blue", "assistant: ok", "user: hi"]
        },
        {
            [Hi, Call.Replace("look", "<", StringComparison.Ordinal), Result.Replace("look", "<", StringComparison.Ordinal), Ok, Hi],
            ["user: hi", "assistant: __dabd3aff#c1({})", "tool: c1=blue", "assistant: ok", "user: hi"]
        },
        {
            [Hi, Call.Replace("{}", "\"{\\\"x\\\":\"", StringComparison.Ordinal), Result, Ok, Hi],
            ["user: hi", "assistant: look#c1({})", "tool: c1=blue", "assistant: ok", "user: hi"]
        },

        // What the model is told first.
        {
            [$$"""{"part_kind":"system-prompt","content":"Be kind."},{{Hi}}""", Ok, $$"""{"part_kind":"system-prompt","content":"Be brief."},{{Hi}}"""],
            ["system: Be kind.\n\nBe brief.", "user: hi", "assistant: ok", "user: hi"]
        },

        // Texts of one message.
        { ["""{"part_kind":"user-prompt","content":["What is 1","2 times 3?"]}""", $"{Ok},{Ok}", Hi], ["user: What is 1\n2 times 3?", "assistant: ok\nok", "user: hi"] },

        // Contents.
        {
            ["""{"part_kind":"user-prompt","content":["look",{"kind":"video-url","url":"https://x.example/a.mp4"},"here"]}""", Ok, Hi],
            ["user: look\n[a link to video/mp4 was here: https://x.example/a.mp4]\nhere", "assistant: ok", "user: hi"]
        },
        {
            ["""{"part_kind":"user-prompt","content":[{"kind":"binary","data":"AAAA","media_type":"image/png"},{"kind":"binary","data":"AAAA","media_type":"audio/ogg"}]}""", Ok, Hi],
            ["user: (image/png) [data was here: audio/ogg, 3 bytes]", "assistant: ok", "user: hi"]
        },
        {
            [Hi, """{"part_kind":"file","content":{"kind":"binary","data":"AAAA","media_type":"image/png"}}""", Hi],
            ["user: hi", "assistant: [data was here: image/png, 3 bytes]", "user: hi"]
        },

        // The new prompt is the client's to refuse.
        { [Hi, Ok, """{"part_kind":"user-prompt","content":[{"kind":"binary","data":"AAAA","media_type":"video/mp4"}]}"""], ["user: hi", "assistant: ok", "user: (video/mp4)"] },
        {
            ["""{"part_kind":"user-prompt","content":[{"kind":"binary","data":"AAAA","media_type":"video/mp4"}]}""", Call, Result],
            ["user: (video/mp4)", "assistant: look#c1({})", "tool: c1=blue"]
        },
    };

    [Theory]
    [MemberData(nameof(Histories))]
    public void A_history_is_sent_as_any_endpoint_takes_it(string[] turns, string[] expected)
    {
        var messages = turns.Index().Select(turn => $$"""{"kind":"{{(turn.Index % 2 == 0 ? "request" : "response")}}","parts":[{{turn.Item}}]}""");
        var history = Messages.Histories.Read($"[{string.Join(',', messages)}]");
        var chat = ChatMessages.ToChat(history).ToList();
        var before = JsonSerializer.Serialize(chat, AIJsonUtilities.DefaultOptions);

        Assert.Equal(expected, Send(chat).Messages.Select(Show));
        Assert.Equal(expected, Send(chat).Messages.Select(Show));
        Assert.Equal(before, JsonSerializer.Serialize(chat, AIJsonUtilities.DefaultOptions));

        // What is mended needs no mending.
        Assert.Equal(expected, Send(Send(chat).Messages).Messages.Select(Show));
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("Be brief.", null, "Be brief.")]
    public void Instructions_stay_with_the_options_while_nothing_else_is_told_first(string? instructions, string? message, string? options)
    {
        var input = Send([new(ChatRole.User, "hi")], instructions);
        Assert.Equal(options, input.Instructions);
        Assert.Equal(message, input.Messages.FirstOrDefault(m => m.Role == ChatRole.System)?.Text);
    }

    [Fact]
    public void Instructions_and_system_prompts_are_one_message()
    {
        var input = Send([new(ChatRole.User, "hi"), new(ChatRole.System, "Be kind.")], "Be brief.");
        Assert.Null(input.Instructions);
        Assert.Equal(["system: Be brief.\n\nBe kind.", "user: hi"], input.Messages.Select(Show));
    }

    [Theory]
    [InlineData("anthropic", "anthropic", true)]
    [InlineData("anthropic", "Anthropic", true)]
    [InlineData("anthropic", null, true)]
    [InlineData("anthropic", "127.0.0.1:8000", false)]
    [InlineData(null, "anthropic", false)]
    public void A_thought_goes_back_to_the_provider_that_had_it(string? client, string? maker, bool goesBack)
    {
        var part = new ThinkingPart("hm", "signature") { ProviderName = maker };
        var chat = ChatMessages.ToChat([new ModelResponse([part, new TextPart("ok")]) { Timestamp = null }]);
        var input = ModelInput.Of(chat, null, new InputRules(new Client(client), 100, trustsImports: true));
        Assert.Equal(goesBack, input.Messages[0].Contents.Any(content => content is TextReasoningContent));
    }

    [Fact]
    public void A_client_may_say_itself_what_it_takes()
    {
        var rules = new InputRules(new Client("x", new Video()), 1000, trustsImports: true);
        var chat = ChatMessages.ToChat(Messages.Histories.Read("""
            [{"kind":"request","parts":[{"part_kind":"user-prompt","content":[{"kind":"binary","data":"AAAA","media_type":"video/mp4"},{"kind":"binary","data":"AAAA","media_type":"image/png"}]}]},
             {"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"look","tool_call_id":"c1","args":{}}]},
             {"kind":"request","parts":[{"part_kind":"tool-return","tool_name":"look","tool_call_id":"c1","content":["here",{"kind":"binary","data":"AAAA","media_type":"video/mp4"},{"kind":"binary","data":"AAAA","media_type":"image/png"}]},{"part_kind":"user-prompt","content":"so?"}]}]
            """));
        var input = ModelInput.Of(chat, null, rules).Messages;
        Assert.Equal("user: (video/mp4) [data was here: image/png, 3 bytes]", Show(input[0]));
        var result = Assert.IsType<List<AIContent>>(Assert.IsType<FunctionResultContent>(Assert.Single(input[2].Contents)).Result);
        Assert.Equal(["here", "video/mp4", "[data was here: image/png, 3 bytes]"], result.Select(item => item is TextContent text ? text.Text : ((DataContent)item).MediaType));
    }

    [Fact]
    public void The_name_of_a_tool_follows_from_its_name_alone()
    {
        string[] odd = ["", "<", ".", "files.read", "files_read.", "files read", "é", new string('a', 65), "a\n", "Github/Get File"];
        var names = odd.Select(WireNames.OfTool).ToList();
        Assert.All(names, name => Assert.Matches("^[a-zA-Z0-9_-]{1,64}$", name));
        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.Equal(names, odd.Select(WireNames.OfTool));
        Assert.All(["a", "files_read", new string('a', 64), "-", "0"], name => Assert.Equal(name, WireNames.OfTool(name)));
    }

    private static ModelInput Send(IEnumerable<ChatMessage> chat, string? instructions = null) =>
        ModelInput.Of(chat, instructions, new InputRules(new Client(null), AgentBuilder.DefaultMaxToolResult, trustsImports: true));

    private static string Show(ChatMessage message) => $"{message.Role}: " + string.Join(' ', message.Contents.Select(content => content switch
    {
        TextContent text => text.Text,
        TextReasoningContent thought => $"<{thought.Text}>",
        FunctionCallContent call => $"{call.Name}#{call.CallId}({JsonSerializer.Serialize(call.Arguments)})",
        FunctionResultContent result => $"{result.CallId}={result.Result}",
        DataContent data => $"({data.MediaType})",
        UriContent link => $"({link.MediaType} {link.Uri})",
        _ => content.GetType().Name,
    }));

    private sealed class Video : IContentSupport
    {
        public bool Takes(AIContent content) => content is DataContent { MediaType: "video/mp4" };

        public bool TakesInToolResult(AIContent content) => Takes(content);
    }

    private sealed class Client(string? provider, IContentSupport? support = null) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) =>
            serviceType == typeof(IContentSupport) ? support : serviceType == typeof(ChatClientMetadata) && provider is not null ? new ChatClientMetadata(provider) : null;

        public void Dispose()
        {
        }
    }
}
