using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Testing.Tests;

public sealed class ScriptedChatClientTests
{
    private static readonly ChatMessage[] Prompt = [new(ChatRole.User, "hello")];

    [Fact]
    public async Task It_gives_one_response_after_the_other()
    {
        using var model = new ScriptedChatClient(
            [ScriptStep.Thought("hm"), ScriptStep.Text("one ", "two"), ScriptStep.Usage(3, 4)],
            [ScriptStep.Text("so"), ScriptStep.ToolCall("find", new { id = 7, names = new[] { "a" } }, "c1")]);
        Assert.Equal(2, model.RemainingResponses);
        var first = await model.GetResponseAsync(Prompt);
        Assert.Equal(("one two", ChatFinishReason.Stop, 7L), (first.Text, first.FinishReason!.Value, first.Usage!.TotalTokenCount!.Value));
        Assert.Equal("hm", Assert.Single(first.Messages[0].Contents.OfType<TextReasoningContent>()).Text);

        var second = await model.GetResponseAsync(Prompt);
        var call = Assert.Single(second.Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.Equal(ChatFinishReason.ToolCalls, second.FinishReason);
        Assert.Equal(("c1", "find", """{"id":7,"names":["a"]}"""), (call.CallId, call.Name, JsonSerializer.Serialize(call.Arguments)));
        Assert.Equal(0, model.RemainingResponses);
    }

    [Fact]
    public async Task A_token_is_an_update() => Assert.Equal(
        ["a", "b", ""],
        await new ScriptedChatClient([ScriptStep.Text("a", "b")]).GetStreamingResponseAsync(Prompt).Select(update => update.Text).ToListAsync());

    [Fact]
    public async Task A_request_behind_the_last_response_says_what_it_was()
    {
        using var model = new ScriptedChatClient([ScriptStep.Text("one")]);
        await model.GetResponseAsync(Prompt);
        var ended = await Assert.ThrowsAsync<ScriptEndedException>(() => model.GetResponseAsync([new(ChatRole.User, "more")]));
        Assert.Equal("The script is at its end: it has 1 response, and the model was sent request 2, with the prompt 'more'.", ended.Message);
        ended = await Assert.ThrowsAsync<ScriptEndedException>(() => model.GetResponseAsync([new(ChatRole.Tool, [new FunctionResultContent("c1", "x")])]));
        Assert.Contains("with the result of 1 tool call.", ended.Message, StringComparison.Ordinal);
        Assert.Equal(3, model.Requests.Count);
    }

    [Fact]
    public async Task A_request_is_kept_as_it_was_sent()
    {
        using var model = new ScriptedChatClient([ScriptStep.Text("one")]);
        var messages = Prompt.ToList();
        var options = new ChatOptions { Instructions = "be brief", Tools = [AIFunctionFactory.Create(() => 1, "count")] };
        await model.GetResponseAsync(messages, options);
        messages.Clear();
        options.Instructions = "be long";
        options.Tools.Clear();
        var request = Assert.Single(model.Requests);
        Assert.Equal(("hello", "be brief", "count"), (request.Prompt, request.Instructions, Assert.Single(request.Tools).Name));
    }

    [Fact]
    public async Task A_function_answers_each_request_by_what_it_says()
    {
        using var model = new ScriptedChatClient(request => [ScriptStep.Text(request.Prompt.ToUpperInvariant())]);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(async n => (n, (await model.GetResponseAsync([new(ChatRole.User, $"n{n}")])).Text)));
        Assert.All(answers, answer => Assert.Equal($"N{answer.n}", answer.Text));
        Assert.Equal(50, model.Requests.Count);
    }

    [Fact]
    public async Task Parallel_requests_share_no_response()
    {
        using var model = new ScriptedChatClient([.. Enumerable.Range(0, 100).Select(n => (ScriptStep[])[ScriptStep.Text($"{n}")])]);
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(async () => (await model.GetResponseAsync(Prompt)).Text)));
        Assert.Equal(100, answers.Distinct().Count());
    }

    [Fact]
    public async Task A_failure_comes_after_what_was_said_before_it()
    {
        using var model = new ScriptedChatClient([ScriptStep.Text("half"), ScriptStep.Fail(new HttpRequestException("broken"))]);
        var heard = new List<string>();
        await Assert.ThrowsAsync<HttpRequestException>(async () =>
        {
            await foreach (var update in model.GetStreamingResponseAsync(Prompt))
            {
                heard.Add(update.Text);
            }
        });
        Assert.Equal(["half"], heard);
    }

    [Fact]
    public async Task A_response_ends_as_the_script_says()
    {
        using var model = new ScriptedChatClient(
            [ScriptStep.Text("a"), ScriptStep.Finish(ChatFinishReason.Length), ScriptStep.Text("not said")],
            [ScriptStep.Text("b"), ScriptStep.BreakOff(), ScriptStep.Text("not said")]);
        var cut = await model.GetResponseAsync(Prompt);
        Assert.Equal(("a", ChatFinishReason.Length), (cut.Text, cut.FinishReason!.Value));
        var broken = await model.GetResponseAsync(Prompt);
        Assert.Equal(("b", null), (broken.Text, broken.FinishReason));
    }

    [Fact]
    public async Task A_model_that_waits_hears_that_it_is_canceled()
    {
        using var model = new ScriptedChatClient([ScriptStep.WaitFor(new TaskCompletionSource().Task)]);
        using var stop = new CancellationTokenSource();
        var response = model.GetResponseAsync(Prompt, cancellationToken: stop.Token);
        Assert.False(response.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => response);
    }

    [Fact]
    public void Arguments_that_are_no_object_are_refused() => Assert.Contains(
        "The arguments of find must be an object", Assert.Throws<ArgumentException>(() => ScriptStep.ToolCall("find", new[] { 7 })).Message, StringComparison.Ordinal);
}
