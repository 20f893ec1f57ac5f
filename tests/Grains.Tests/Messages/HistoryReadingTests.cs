using System.Text;
using AgentStream.Messages;

namespace AgentStream.Grains.Tests.Messages;

/// <summary>What a reader understands of a history: today's fields, their older names and forms, and the defaults of those that are absent.</summary>
public sealed class HistoryReadingTests
{
    [Fact]
    public void Todays_response_is_understood()
    {
        var response = Response("today-tool-call.json", 1);
        Assert.Equal(new TokenUsage(412, 61) { CacheWriteTokens = 128, CacheReadTokens = 200, Details = response.Usage!.Details }, response.Usage);
        Assert.Equal(84, response.Usage.Details["input_tokens"]);
        Assert.Equal("claude-sonnet-4", response.ModelName);
        Assert.Equal("anthropic", response.ProviderName);
        Assert.Equal("tool_use", response.ProviderDetails!.Value.GetProperty("finish_reason").GetString());
        Assert.Equal("msg_01", response.ProviderResponseId);
        Assert.Equal(FinishReasons.ToolCall, response.FinishReason);
        Assert.Equal("r1", response.RunId);
        Assert.Equal(new DateTimeOffset(2026, 2, 3, 9, 15, 24, 554, TimeSpan.Zero), response.Timestamp);
        Assert.Equal(new ThinkingPart("I need a tool.", "EqQBCkYIBRgCKkD") { Id = "", ProviderName = "anthropic" }, response.Parts[0]);
        Assert.Equal("calculate", Assert.Single(response.ToolCalls).ToolName);
    }

    [Fact]
    public void Todays_request_is_understood()
    {
        var messages = Histories.Read(Histories.Text("today-tool-call.json"));
        var first = Assert.IsType<ModelRequest>(messages[0]);
        Assert.Equal("Use the tools.", first.Instructions);
        Assert.Equal("You do sums.", Assert.IsType<SystemPromptPart>(first.Parts[0]).Content);
        Assert.Equal("what is 12*7?", Assert.IsType<UserPromptPart>(first.Parts[1]).Text);
        var result = Assert.IsType<ToolReturnPart>(Assert.IsType<ModelRequest>(messages[2]).Parts[0]);
        Assert.Equal(("calculate", "toolu_01", "84", ToolOutcome.Success), (result.ToolName, result.ToolCallId, result.Content.GetString(), result.Outcome));
        Assert.Null(result.Metadata);
    }

    [Theory]
    [InlineData("v0-4-vendor.json", "chatcmpl-v4", 54, 8)]
    [InlineData("v0-8-request-id.json", "chatcmpl-0-8", 5, 2)]
    [InlineData("unknown-fields.json", "new", 1, 2)]
    [InlineData("v0-1-no-usage.json", null, null, null)]
    public void Older_names_are_understood(string name, string? id, int? input, int? output)
    {
        var response = Response(name, 1);
        Assert.Equal(id, response.ProviderResponseId);
        Assert.Equal(input, response.Usage?.InputTokens);
        Assert.Equal(output, response.Usage?.OutputTokens);
    }

    [Fact]
    public void A_field_of_an_older_name_that_changes_gets_todays_name()
    {
        var response = Response("v0-4-vendor.json", 1);
        var changed = Histories.Parse(Histories.Write([response with { ProviderResponseId = "x", Usage = response.Usage! with { OutputTokens = 9 } }]))[0];
        Assert.Equal("x", changed.GetProperty("provider_response_id").GetString());
        Assert.False(changed.TryGetProperty("vendor_id", out _));
        Assert.True(changed.TryGetProperty("vendor_details", out _));
        Assert.Equal("""{"requests":1,"request_tokens":54,"total_tokens":62,"details":{"accepted_prediction_tokens":0,"cached_tokens":32},"output_tokens":9}""", changed.GetProperty("usage").GetRawText());
    }

    [Fact]
    public void What_is_absent_gets_its_default()
    {
        var messages = Histories.Read(Histories.Text("least.json"));
        var response = Assert.IsType<ModelResponse>(messages[1]);
        Assert.Null(response.Usage);
        Assert.Null(response.Timestamp);
        Assert.Null(response.FinishReason);
        Assert.Equal("", Assert.Single(Assert.IsType<ModelResponse>(messages[3]).ToolCalls).ToolCallId);
        var result = Assert.IsType<ToolReturnPart>(Assert.IsType<ModelRequest>(messages[4]).Parts[0]);
        Assert.Equal(ToolOutcome.Success, result.Outcome);
        Assert.Null(Assert.IsType<RetryPromptPart>(((ModelRequest)messages[4]).Parts[1]).ToolName);
    }

    [Fact]
    public void A_response_without_a_usage_is_written_with_one_of_zero()
    {
        var written = Histories.Write([new ModelResponse([]) { Timestamp = new DateTimeOffset(2025, 1, 1, 1, 0, 0, TimeSpan.FromHours(1)) }]);
        Assert.Equal(
            """[{"parts":[],"usage":{"input_tokens":0,"cache_write_tokens":0,"cache_read_tokens":0,"output_tokens":0,"details":{}},"model_name":null,"timestamp":"2025-01-01T00:00:00Z","kind":"response","provider_name":null,"provider_details":null,"provider_response_id":null,"finish_reason":null,"run_id":null}]""",
            written);
    }

    [Fact]
    public void Times_are_understood_in_every_form()
    {
        var start = new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var request = Assert.IsType<ModelRequest>(Histories.Read(Histories.Text("timestamps.json"))[0]);
        double?[] expected = [0, 0, 0, 123.456, 0, 100, 0, 250, 0, 123.4568, null];
        Assert.Equal(expected, request.Parts.Select(part => (part.Timestamp - start)?.TotalMilliseconds));
        Assert.Equal(start.AddMilliseconds(100), request.Timestamp);
    }

    [Fact]
    public void Arguments_are_read_in_every_form()
    {
        var calls = Response("today-args.json", 0).ToolCalls.Select(call => (Sound: call.TryGetArguments(out var arguments, out var error), Arguments: arguments, Error: error)).ToArray();
        Assert.Equal([true, true, true, true, false, false, true], calls.Select(call => call.Sound));
        Assert.Equal("""{"city": "Rome", "days": 2}""", calls[0].Arguments.GetRawText());
        Assert.All(calls[1..6], call => Assert.Equal("{}", call.Arguments.GetRawText()));
        Assert.All(calls, call => Assert.Equal(call.Sound, call.Error is null));
        Assert.Equal("They are of the JSON type Array.", calls[5].Error);
    }

    [Fact]
    public void What_was_wrong_with_arguments_is_kept()
    {
        var call = new ToolCallPart("t", "c", Histories.Parse("{}")) { ArgsError = "cut off" };
        var read = Response(Histories.Read(Histories.Write([new ModelResponse([call]) { Timestamp = null }]))[0]).ToolCalls.Single();
        Assert.False(read.TryGetArguments(out _, out var error));
        Assert.Equal("cut off", error);
    }

    [Fact]
    public void Prompts_are_understood_item_by_item()
    {
        var prompt = Prompt("today-multimodal.json");
        Assert.Equal(
            [typeof(UserText), typeof(UserUrl), typeof(UserUrl), typeof(UserUrl), typeof(UserUrl), typeof(BinaryContent), typeof(UserText), typeof(UnknownUserContent), typeof(UnknownUserContent)],
            prompt.Content.Select(item => item.GetType()));
        Assert.Equal(new UserUrl("https://example.com/a.png", UserUrlKind.Image) { MediaType = "image/png" }, prompt.Content[1]);
        Assert.Equal(new UserUrl("https://youtu.be/abc", UserUrlKind.Video) { MediaType = "video/mp4" }, prompt.Content[4]);
        Assert.Equal([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x3e, 0xff], ((BinaryContent)prompt.Content[5]).Data.ToArray());
        Assert.Equal("What is on these?\nOnly the second.", prompt.Text);
    }

    [Fact]
    public void Data_is_written_as_pydantic_does()
    {
        var written = Histories.Write([new ModelRequest([new UserPromptPart([new BinaryContent(new byte[] { 0xfb, 0xff, 0xfe, 0xff }, "image/png")]) { Timestamp = null }]) { Timestamp = null }]);
        Assert.Contains("\"data\":\"-__-_w==\"", written, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prompt_of_words_is_written_as_a_string()
    {
        var now = new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(1_234_567);
        Assert.Equal(
            """[{"parts":[{"content":"hi","timestamp":"2025-01-01T00:00:00.123456Z","part_kind":"user-prompt"}],"instructions":null,"timestamp":null,"kind":"request","run_id":null}]""",
            Histories.Write([new ModelRequest([new UserPromptPart("hi") { Timestamp = now }]) { Timestamp = null }]));
    }

    [Fact]
    public void A_retry_prompt_tells_the_model_what_to_fix()
    {
        var retries = ((ModelRequest)Histories.Read(Histories.Text("today-retries.json"))[0]).Parts.Cast<RetryPromptPart>().ToArray();
        Assert.StartsWith("1 validation error:\n```json\n[\n  {\n    \"type\": \"missing\",", retries[0].Text, StringComparison.Ordinal);
        Assert.EndsWith("\n```\n\nFix the errors and try again.", retries[0].Text, StringComparison.Ordinal);
        Assert.DoesNotContain("ctx", retries[0].Text, StringComparison.Ordinal);
        Assert.StartsWith("2 validation errors:", retries[1].Text, StringComparison.Ordinal);
        Assert.Equal("Unknown tool name: 'wether'. Available tools: weather.", retries[2].Text);
        Assert.Equal("Validation feedback:\nPlease return text or call a tool.\n\nFix the errors and try again.", retries[3].Text);
    }

    [Theory]
    [InlineData("today-plain.json", "What is the capital of France?")]
    [InlineData("today-tool-call.json", "what is 12*7?")]
    [InlineData("today-multimodal.json", "What is on these?\nOnly the second.")]
    [InlineData("today-retries.json", "No title")]
    [InlineData("empty.json", "No title")]
    [InlineData("unknown-kinds.json", "No title")]
    [InlineData("wide-numbers.json", "No title")]
    public void A_session_is_called_by_its_first_prompt(string name, string title) =>
        Assert.Equal(title, ModelMessages.GetUserPrompt(Histories.Read(Histories.Text(name))));

    [Fact]
    public void The_bytes_that_were_read_are_not_needed_any_more()
    {
        var bytes = Encoding.UTF8.GetBytes(Histories.Text("today-plain.json"));
        var messages = ModelMessages.FromJson(bytes);
        Array.Clear(bytes);
        Histories.AssertSame(Histories.Text("today-plain.json"), Histories.Write(messages));
    }

    private static ModelResponse Response(string name, int index) => Response(Histories.Read(Histories.Text(name))[index]);

    private static ModelResponse Response(ModelMessage message) => Assert.IsType<ModelResponse>(message);

    private static UserPromptPart Prompt(string name) => Assert.IsType<UserPromptPart>(Assert.IsType<ModelRequest>(Histories.Read(Histories.Text(name))[0]).Parts[0]);
}
