using System.Text.Json;
using AgentStream.Silo.Demo;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace AgentStream.Silo.Tests;

public sealed class DemoChatClientTests
{
    private readonly DemoChatClient _client = Client(TimeSpan.Zero);

    private static DemoChatClient Client(TimeSpan delay, TimeProvider? time = null) =>
        new(Options.Create(new DemoOptions { TokenDelay = delay }), time ?? TimeProvider.System);

    private Task<List<ChatResponseUpdate>> Ask(string prompt) => Ask([new(ChatRole.User, prompt)]);

    private async Task<List<ChatResponseUpdate>> Ask(IEnumerable<ChatMessage> chat)
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in _client.GetStreamingResponseAsync(chat))
        {
            updates.Add(update);
        }

        return updates;
    }

    /// <summary>Asks, gives each call its result, and asks again: the text of the second response.</summary>
    private async Task<string> AskWith(string prompt, params object?[] results)
    {
        List<ChatMessage> chat = [new(ChatRole.System, "Be helpful."), new(ChatRole.User, prompt)];
        var first = await Ask(chat);
        var calls = Of<FunctionCallContent>(first);
        chat.Add(new(ChatRole.Assistant, [.. calls]));
        chat.Add(new(ChatRole.Tool, [.. calls.Zip(results, AIContent (call, result) => result is Exception e
            ? new FunctionResultContent(call.CallId, null) { Exception = e }
            : new FunctionResultContent(call.CallId, result))]));
        return string.Concat(Of<TextContent>(await Ask(chat)).Select(text => text.Text));
    }

    private static List<T> Of<T>(IEnumerable<ChatResponseUpdate> updates) =>
        [.. updates.SelectMany(update => update.Contents).OfType<T>()];

    [Fact]
    public async Task Arithmetic_is_thought_about_and_given_to_the_tool()
    {
        var updates = await Ask("what is 12*7?");

        Assert.Equal(["I need", " a tool."], Of<TextReasoningContent>(updates).Select(thought => thought.Text));
        var call = Assert.Single(Of<FunctionCallContent>(updates));
        Assert.Equal("calculate", call.Name);
        Assert.Equal(new Dictionary<string, object?> { ["expression"] = "12*7" }, call.Arguments);
        Assert.Empty(Of<TextContent>(updates));
        Assert.Equal(ChatFinishReason.ToolCalls, updates[^1].FinishReason);
    }

    [Fact]
    public async Task The_result_of_the_tool_becomes_the_answer_in_several_chunks()
    {
        List<ChatMessage> chat =
        [
            new(ChatRole.User, "what is 12*7?"),
            new(ChatRole.Assistant, [new FunctionCallContent("c1", "calculate", new Dictionary<string, object?> { ["expression"] = "12*7" })]),
            new(ChatRole.Tool, [new FunctionResultContent("c1", "84")]),
        ];
        var updates = await Ask(chat);

        Assert.Equal(["12*7 ", "is ", "84."], Of<TextContent>(updates).Select(text => text.Text));
        Assert.Empty(Of<TextReasoningContent>(updates));
        Assert.Empty(Of<FunctionCallContent>(updates));
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
    }

    [Fact]
    public async Task A_result_may_come_as_json() =>
        Assert.Equal("1+1 is 2.", await AskWith("1+1", JsonSerializer.SerializeToElement("2")));

    [Fact]
    public async Task The_time_comes_from_the_tool()
    {
        var call = Assert.Single(Of<FunctionCallContent>(await Ask("what time is it?")));
        Assert.Equal("get_current_time", call.Name);
        Assert.Empty(call.Arguments!);
        Assert.Equal("It is 2026-03-04T05:06:07Z.", await AskWith("what time is it?", "2026-03-04T05:06:07Z"));
    }

    [Fact]
    public async Task Notes_are_deleted_only_when_the_tool_says_so()
    {
        Assert.Equal("delete_notes", Assert.Single(Of<FunctionCallContent>(await Ask("delete my notes"))).Name);
        Assert.Equal("Your notes are deleted.", await AskWith("delete my notes", "The notes are deleted."));
        Assert.Equal("I did not delete your notes: The tool call was denied.", await AskWith("delete my notes", "The tool call was denied."));
    }

    [Fact]
    public async Task A_tool_that_failed_is_not_taken_for_an_answer()
    {
        const string why = "The tool calculate failed: division by zero at position 2";
        Assert.Equal($"I could not work out 1/0: {why}.", await AskWith("1/0", why));
        Assert.Equal("I could not work out 1/0: boom.", await AskWith("1/0", new InvalidOperationException("boom")));
        Assert.Equal("I could not work out 1/0: there was no result.", await AskWith("1/0"));
        Assert.Equal("I could not find out the time: interrupted.", await AskWith("time", "interrupted"));
        Assert.Equal("get_location says: there was no result.", await AskWith("where am I?"));
    }

    [Fact]
    public async Task Several_calls_get_each_their_own_result()
    {
        Assert.Equal(
            "1+2 is 3. 3*4 is 12. It is 2026-03-04T05:06:07Z. get_location says: Oslo.", await AskWith("where am I, 1+2, 3*4, time", "3", "12", "2026-03-04T05:06:07Z", "Oslo"));
    }

    [Fact]
    public async Task Call_ids_never_come_twice_in_a_conversation_and_are_the_same_each_time()
    {
        List<ChatMessage> chat = [new(ChatRole.User, "1+2 and 3+4")];
        var first = Of<FunctionCallContent>(await Ask(chat));
        chat.Add(new(ChatRole.Assistant, [.. first]));
        chat.Add(new(ChatRole.Tool, [.. first.Select(call => new FunctionResultContent(call.CallId, "0"))]));
        chat.Add(new(ChatRole.Assistant, "So."));
        chat.Add(new(ChatRole.User, "5+6"));

        Assert.Equal(["call_1", "call_2"], first.Select(call => call.CallId));
        Assert.Equal(["call_3"], Of<FunctionCallContent>(await Ask(chat)).Select(call => call.CallId));
        Assert.Equal(["call_3"], Of<FunctionCallContent>(await Ask(chat)).Select(call => call.CallId));
    }

    [Fact]
    public async Task It_counts_one_chunk_a_number()
    {
        var texts = Of<TextContent>(await Ask("count to 100000"));
        Assert.Equal(Enumerable.Range(1, 100_000).Select(i => $"{i} "), texts.Select(text => text.Text));
    }

    [Fact]
    public async Task It_thinks_first_and_then_counts()
    {
        var updates = await Ask("think 5 count to 10");
        Assert.Equal(5, updates.TakeWhile(update => update.Contents[0] is TextReasoningContent).Count());
        Assert.Equal(10, Of<TextContent>(updates).Count);
        Assert.Equal(16, updates.Count);
    }

    [Fact]
    public async Task Thinking_alone_ends_with_a_short_answer()
    {
        var updates = await Ask("think 3");
        Assert.Equal(3, Of<TextReasoningContent>(updates).Count);
        Assert.Equal("I have thought about it.", string.Concat(Of<TextContent>(updates).Select(text => text.Text)));
    }

    [Fact]
    public async Task Tools_and_counting_combine() =>
        Assert.Equal("2*3 is 6.\n\n1 2 3 ", await AskWith("what is 2*3? then count to 3", "6"));

    [Fact]
    public async Task An_amount_out_of_range_is_explained() =>
        Assert.StartsWith("I can think and count from 1 to 100000", await AskWith("count to 0"), StringComparison.Ordinal);

    [Theory]
    [InlineData("fail")]
    [InlineData("count to 10 and fail")]
    [InlineData("what is 1+2? fail")]
    public async Task It_fails_after_the_first_chunk(string prompt)
    {
        var updates = new List<ChatResponseUpdate>();
        var error = await Assert.ThrowsAsync<DemoFailureException>(async () =>
        {
            await foreach (var update in _client.GetStreamingResponseAsync([new(ChatRole.User, prompt)]))
            {
                updates.Add(update);
            }
        });

        Assert.Contains("failed", error.PublicMessage, StringComparison.Ordinal);
        Assert.Single(updates);
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("")]
    [InlineData("sometimes a failure counts")]
    public async Task Anything_else_is_told_what_the_demo_can_do(string prompt)
    {
        var text = string.Concat(Of<TextContent>(await Ask(prompt)).Select(t => t.Text));
        Assert.StartsWith("Hello!", text, StringComparison.Ordinal);
        Assert.Contains("12*7", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_last_prompt_counts()
    {
        List<ChatMessage> chat = [new(ChatRole.User, "what is 1+2?"), new(ChatRole.Assistant, "3"), new(ChatRole.User, "count to 2")];
        Assert.Equal(["1 ", "2 "], Of<TextContent>(await Ask(chat)).Select(text => text.Text));
    }

    [Fact]
    public async Task Usage_comes_last_with_the_chunks_that_were_given()
    {
        var updates = await Ask("think 5 count to 10");
        var usage = Assert.IsType<UsageContent>(Assert.Single(updates[^1].Contents)).Details;
        Assert.Single(Of<UsageContent>(updates));
        Assert.Equal((15, 5, usage.InputTokenCount + 15), (usage.OutputTokenCount, usage.ReasoningTokenCount, usage.TotalTokenCount));
        Assert.InRange(usage.InputTokenCount ?? 0, 1, 20);
        Assert.All(updates, update => Assert.Equal((ChatRole.Assistant, "demo"), (update.Role, update.ModelId)));
    }

    [Fact]
    public async Task Without_a_stream_it_gives_the_same()
    {
        var response = await _client.GetResponseAsync([new(ChatRole.User, "count to 3")]);
        Assert.Equal(("1 2 3 ", ChatFinishReason.Stop, "demo"), (response.Text, response.FinishReason, response.ModelId));
        Assert.Equal(3, response.Usage?.OutputTokenCount);
    }

    [Fact]
    public async Task Each_chunk_takes_its_time()
    {
        var time = new ManualTimeProvider();
        using var client = Client(TimeSpan.FromMilliseconds(30), time);
        await using var stream = client.GetStreamingResponseAsync([new(ChatRole.User, "count to 2")]).GetAsyncEnumerator();

        foreach (var expected in new[] { "1 ", "2 " })
        {
            var next = stream.MoveNextAsync().AsTask();
            Assert.Equal(1, time.ArmedTimers);
            time.Advance(TimeSpan.FromMilliseconds(29));
            Assert.False(next.IsCompleted);
            time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.True(await next.Within());
            Assert.Equal(expected, stream.Current.Text);
        }
    }

    [Fact]
    public async Task A_cancel_ends_it_at_once_in_mid_delay()
    {
        var time = new ManualTimeProvider();
        using var client = Client(TimeSpan.FromMinutes(1), time);
        using var cancel = new CancellationTokenSource();
        await using var stream = client.GetStreamingResponseAsync([new(ChatRole.User, "count to 2")]).GetAsyncEnumerator(cancel.Token);

        var next = stream.MoveNextAsync().AsTask();
        Assert.False(next.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.Within());
        Assert.Equal(0, time.ArmedTimers);
    }

    [Fact]
    public async Task A_cancel_ends_it_without_a_delay_too()
    {
        using var cancel = new CancellationTokenSource();
        var seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in _client.GetStreamingResponseAsync([new(ChatRole.User, "count to 100")], null, cancel.Token))
            {
                if (++seen == 3)
                {
                    await cancel.CancelAsync();
                }
            }
        });
        Assert.Equal(3, seen);
    }

    [Fact]
    public void It_says_who_it_is()
    {
        Assert.Equal("demo", _client.GetService<ChatClientMetadata>()?.DefaultModelId);
        Assert.Same(_client, _client.GetService<IChatClient>());
        Assert.Null(_client.GetService<string>());
        Assert.Null(_client.GetService(typeof(IChatClient), "other"));
    }

    [Theory]
    [InlineData("00:00:00", true)]
    [InlineData("00:00:00.030", true)]
    [InlineData("00:01:00", true)]
    [InlineData("-00:00:00.001", false)]
    [InlineData("00:01:00.001", false)]
    public void The_delay_has_bounds(string delay, bool isFine)
    {
        var result = new DemoOptionsValidator().Validate(null, new DemoOptions { TokenDelay = TimeSpan.Parse(delay, null) });
        Assert.Equal(isFine, result.Succeeded);

        if (!isFine)
        {
            const string rule = "AgentStream:Demo:TokenDelay must be from 00:00:00 to 00:01:00";
            Assert.StartsWith(rule, result.FailureMessage, StringComparison.Ordinal);
        }
    }
}
