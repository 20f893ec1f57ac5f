using AgentStream.Grains.Chat;
using AgentStream.Grains.Output;
using AgentStream.Grains.Tests.Messages;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Tests.Chat;

/// <summary>Responses: usage, finish reasons, and whose words they are.</summary>
public sealed class ChatResponsesTests
{
    private static readonly DateTimeOffset Now = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_chat_response_says_what_it_cost_and_why_it_ended()
    {
        var chat = ChatResponses.ToChat((ModelResponse)Histories.Read(Histories.Text("today-two-thoughts.json"))[1]);
        Assert.Equal(("resp_1", "o4-mini", ChatFinishReason.Length), (chat.ResponseId, chat.ModelId, chat.FinishReason));
        Assert.Equal((20, 900, 920, 880), (chat.Usage!.InputTokenCount, chat.Usage.OutputTokenCount, chat.Usage.TotalTokenCount, chat.Usage.ReasoningTokenCount));

        var cached = ChatResponses.ToChat((ModelResponse)Histories.Read(Histories.Text("today-tool-call.json"))[1]).Usage!;
        Assert.Equal((200, 128), (cached.CachedInputTokenCount, cached.AdditionalCounts!["cache_write_tokens"]));
    }

    [Fact]
    public void A_chat_response_of_others_becomes_one_of_ours()
    {
        var response = ChatResponses.FromChat(new ChatResponse([new(ChatRole.Assistant, "a"), new(ChatRole.Tool, "no"), new(ChatRole.Assistant, "b")])
        {
            ResponseId = "id",
            ModelId = "m",
            CreatedAt = Now,
            FinishReason = ChatFinishReason.ToolCalls,
            Usage = new UsageDetails { InputTokenCount = 5, ReasoningTokenCount = 2, AdditionalCounts = new() { ["CacheCreationInputTokens"] = 3, ["other"] = 4 } },
        });
        Assert.Equal([new TextPart("a"), new TextPart("b")], response.Parts);
        Assert.Equal(("id", "m", Now, FinishReasons.ToolCall), (response.ProviderResponseId, response.ModelName, response.Timestamp, response.FinishReason));
        Assert.Equal((5, 0, 3, 0), (response.Usage!.InputTokens, response.Usage.OutputTokens, response.Usage.CacheWriteTokens, response.Usage.CacheReadTokens));
        Assert.Equal(new Dictionary<string, long> { ["reasoning_tokens"] = 2, ["other"] = 4 }, response.Usage.Details);
    }

    [Theory]
    [InlineData("stop", "stop")]
    [InlineData("length", "length")]
    [InlineData("content_filter", "content_filter")]
    [InlineData("tool_calls", "tool_call")]
    [InlineData("error", "error")]
    [InlineData("bored", null)]
    [InlineData(null, null)]
    public void Finish_reasons_have_the_protocols_words(string? chat, string? word)
    {
        ChatFinishReason? reason = chat is null ? null : new ChatFinishReason(chat);
        Assert.Equal(word, ChatFinishReasons.FromChat(reason));
        if (word is not null)
        {
            Assert.Equal(reason, ChatFinishReasons.ToChat(word));
        }
    }

    [Fact]
    public async Task A_streamed_response_keeps_all_that_its_updates_say()
    {
        var writer = new NodeWriter(new AnswerBounds(new AgentStreamOptions()), (_, _, _) => ValueTask.CompletedTask);
        await writer.BeginAsync(new ModelRequest([]) { Timestamp = Now }, CancellationToken.None);
        ChatResponseUpdate[] updates =
        [
            new(ChatRole.Assistant, "hi") { ModelId = "m", ResponseId = "resp_1" },
            new(ChatRole.Assistant, [new UsageContent(new() { InputTokenCount = 7, CachedInputTokenCount = 4, AdditionalCounts = new() { ["cache_creation_input_tokens"] = 2 } })]),
            new(ChatRole.Assistant, [new UsageContent(new() { OutputTokenCount = 3, ReasoningTokenCount = 1 })]) { FinishReason = ChatFinishReason.Stop },
        ];
        foreach (var update in updates)
        {
            await writer.UpdateAsync(update, CancellationToken.None);
        }

        var response = await writer.CompleteAsync(Now, CancellationToken.None);
        Histories.AssertSame(
            """
            [{"parts":[{"content":"hi","id":null,"part_kind":"text"}],
              "usage":{"input_tokens":7,"cache_write_tokens":2,"cache_read_tokens":4,"output_tokens":3,"details":{"reasoning_tokens":1}},
              "model_name":"m","timestamp":"2025-01-01T00:00:00Z","kind":"response","provider_name":null,"provider_details":null,"provider_response_id":"resp_1","finish_reason":"stop","run_id":null}]
            """,
            Histories.Write([response]));
    }
}
