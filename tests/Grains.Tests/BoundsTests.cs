using System.Text.Json;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Tests;

/// <summary>What a model says, and what it has tools do, has bounds: whichever chat client it speaks through.</summary>
public sealed class BoundsTests
{
    private const string TooLong = "the model's answer is longer than 1000 characters (AgentStream:MaxAnswerLength)";
    private static readonly string Long = new('x', 400);

    // Each fits, and the last one is too much.
    public static TheoryData<string, AIContent[]> Answers => new()
    {
        { "text", [new TextContent(Long), new TextContent(Long), new TextContent(Long)] },
        { "thoughts", [new TextReasoningContent(Long), new TextReasoningContent(Long), new TextReasoningContent(Long)] },
        { "signatures", [new TextReasoningContent("a") { ProtectedData = Long }, new TextReasoningContent("b") { ProtectedData = Long }, new TextReasoningContent("c") { ProtectedData = Long }] },
        { "arguments", [Call("c1", Long), Call("c2", Long), Call("c3", Long)] },
        { "arguments that are JSON", [Call("c1", JsonSerializer.SerializeToElement(Long)), Call("c2", JsonSerializer.SerializeToElement(Long)), Call("c3", 1)] },
        { "arguments that are objects", [Call("c1", new[] { Long }), Call("c2", new[] { Long }), Call("c3", 1)] },
        { "what a provider gives with a call", [Call("c1", 1, Long), Call("c2", 1, Long), Call("c3", 1)] },
        { "files", [new DataContent(new byte[400], "image/png"), new DataContent(new byte[400], "image/png"), new DataContent(new byte[1], "image/png")] },
        { "parts", [.. Enumerable.Range(0, 10).Select(i => i % 2 == 0 ? (AIContent)new TextContent("x") : new TextReasoningContent("y"))] },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task An_answer_that_is_too_long_ends_the_run(string what, AIContent[] contents)
    {
        var called = 0;
        Step[] answer = [.. contents.Select(content => new Step.Give(content))];
        await using var silos = await TestSilos.StartAsync(
            null, new ScriptedModel(answer, [Step.Say("fine")]), options => options.MaxAnswerLength = 1000, agent => agent.WithTool(() => ++called, "count"));
        var key = TestSilos.NewSession();
        var transcript = await silos.RunAsync(key);
        Assert.True(transcript.EndsWith($"error {{\"msg\":\"crashed - {TooLong}\",\"reason\":\"limit\"}}\nend\n", StringComparison.Ordinal), $"{what}: {transcript}");
        Assert.Equal(0, called);
        Assert.Contains("\"fine\"", await silos.RunAsync(key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_does_not_end_is_stopped_at_the_bound()
    {
        var stopped = new Gate();
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel([new Step.Flow(Long, stopped)]), options => options.MaxAnswerLength = 1000, _ => { });
        Assert.Contains(TooLong, await silos.RunAsync(TestSilos.NewSession()), StringComparison.Ordinal);
        await stopped.ReachedAsync();
    }

    [Fact]
    public async Task What_was_said_before_the_bound_stays_and_what_broke_it_does_not()
    {
        var model = new ScriptedModel([Step.Say("so far"), Step.Say(Long + Long + Long)], [Step.Say("fine")]);
        await using var silos = await TestSilos.StartAsync(null, model, options => options.MaxAnswerLength = 1000, _ => { });
        var key = TestSilos.NewSession();
        Assert.DoesNotContain(Long, await silos.RunAsync(key), StringComparison.Ordinal);
        var history = ModelMessages.FromJson((await silos.Client.GetSessionAsync(key))!.Messages);
        Assert.Equal("so far", Assert.IsType<TextPart>(Assert.Single(((ModelResponse)history[1]).Parts)).Content);
    }

    [Fact]
    public async Task Each_response_of_a_run_has_the_whole_length()
    {
        var model = new ScriptedModel([Step.Say(Long), Step.Call("c1", "count")], [Step.Say(Long), Step.Call("c2", "count")], [Step.Say(Long)]);
        await using var silos = await TestSilos.StartAsync(null, model, options => options.MaxAnswerLength = 1000, agent => agent.WithTool(() => 1, "count"));
        Assert.EndsWith("\"llm-end\"}\nend\n", await silos.RunAsync(TestSilos.NewSession()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arguments_that_are_too_long_are_not_kept_and_the_model_is_told()
    {
        var called = new List<string>();
        var model = new ScriptedModel([Step.Call("c1", "write", ("text", Long + Long + Long)), Step.Call("c2", "write", ("text", "short"))], [Step.Say("fine")]);
        await using var silos = await TestSilos.StartAsync(null, model, options => options.MaxToolArguments = 1000, agent => agent.WithTool(Write, "write"));
        var key = TestSilos.NewSession();
        var transcript = await silos.RunAsync(key);
        Assert.Equal(["short"], called);
        Assert.DoesNotContain(Long, transcript, StringComparison.Ordinal);
        Assert.Contains(
            "\"content\":\"The arguments of write cannot be used: They are too long: 1211 bytes of JSON, where at most 1000 are allowed (AgentStream:MaxToolArguments). Fix them and try again.\"",
            transcript,
            StringComparison.Ordinal);
        Assert.DoesNotContain(Long, (await silos.Client.GetSessionAsync(key))!.Messages.ToString(), StringComparison.Ordinal);

        string Write(string text)
        {
            called.Add(text);
            return "written";
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Too_many_calls_in_one_response_end_the_run_and_none_is_made(bool atOnce)
    {
        var called = 0;
        AIContent[] calls = [.. Enumerable.Range(0, 4).Select(i => Call($"c{i}", i))];
        var model = new ScriptedModel(atOnce ? [new Step.Give(calls)] : [.. calls.Select(call => new Step.Give(call))]);
        await using var silos = await TestSilos.StartAsync(null, model, options => options.MaxToolCallsPerAnswer = 3, agent => agent.WithTool(() => ++called, "count"));
        Assert.EndsWith(
            "error {\"msg\":\"crashed - the model made more than 3 tool calls in one answer (AgentStream:MaxToolCallsPerAnswer)\",\"reason\":\"limit\"}\nend\n",
            await silos.RunAsync(TestSilos.NewSession()),
            StringComparison.Ordinal);
        Assert.Equal(0, called);
    }

    [Fact]
    public async Task Too_many_calls_in_one_run_end_it_before_those_of_the_response_are_made()
    {
        var called = 0;
        var model = new ScriptedModel([Step.Call("c1", "count"), Step.Call("c2", "count")], [Step.Call("c3", "count"), Step.Call("c4", "count")], [Step.Say("fine")], [Step.Say("fine")]);
        await using var silos = await TestSilos.StartAsync(null, model, options => options.MaxToolCalls = 3, agent => agent.WithTool(() => ++called, "count"));
        var key = TestSilos.NewSession();
        Assert.EndsWith(
            "error {\"msg\":\"crashed - the run needs more than 3 tool calls (AgentStream:MaxToolCalls)\",\"reason\":\"limit\"}\nend\n", await silos.RunAsync(key), StringComparison.Ordinal);
        Assert.Equal(2, called);

        // The next run counts from the beginning.
        Assert.Contains("\"fine\"", await silos.RunAsync(key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_beyond_the_parallel_ones_wait_for_their_turn()
    {
        var (running, most, open) = (0, 0, new Gate());
        var full = new Gate();
        var model = new ScriptedModel([.. Enumerable.Range(0, 5).Select(i => Step.Call($"c{i}", "work", ("i", i)))], [Step.Say("fine")]);
        await using var silos = await TestSilos.StartAsync(null, model, options => options.MaxParallelToolCalls = 2, agent => agent.WithTool(WorkAsync, "work"));
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await full.ReachedAsync();
        open.Open();
        var transcript = await silos.TranscriptAsync(key);
        Assert.Equal(2, most);

        // What the model and the listeners get has the order of the calls.
        var results = model.Requests.Last().Messages[^1].Contents.Cast<FunctionResultContent>().Select(result => (result.CallId, result.Result?.ToString()));
        Assert.Equal(Enumerable.Range(0, 5).Select(i => ($"c{i}", (string?)$"{i}")), results);
        var shown = Enumerable.Range(0, 5).Select(i => transcript.IndexOf($"\"tool-return\",\"tool_name\":\"work\",\"tool_call_id\":\"c{i}\"", StringComparison.Ordinal)).ToList();
        Assert.Equal(shown.Order(), shown);
        Assert.DoesNotContain(-1, shown);

        async Task<int> WorkAsync(int i)
        {
            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            if (now == 2)
            {
                full.Reached();
            }

            await open.OpenedAsync(CancellationToken.None);
            Interlocked.Decrement(ref running);
            return i;
        }
    }

    [Theory]
    [InlineData(nameof(AgentStreamOptions.MaxAnswerLength), 1_000, 16_000_000)]
    [InlineData(nameof(AgentStreamOptions.MaxToolArguments), 1_000, 16_000_000)]
    [InlineData(nameof(AgentStreamOptions.MaxToolCallsPerAnswer), 1, 1_000)]
    [InlineData(nameof(AgentStreamOptions.MaxToolCalls), 1, 100_000)]
    [InlineData(nameof(AgentStreamOptions.MaxParallelToolCalls), 1, 1_000)]
    public void A_bound_has_bounds(string setting, int least, int most)
    {
        Assert.All([least, most], value => Assert.True(Validate(value).Succeeded));
        Assert.All([least - 1, most + 1], value => Assert.Equal([$"AgentStream:{setting} must be from {least} to {most}, but is '{value}'."], Validate(value).Failures));

        Microsoft.Extensions.Options.ValidateOptionsResult Validate(int value)
        {
            var options = new AgentStreamOptions();
            typeof(AgentStreamOptions).GetProperty(setting)!.SetValue(options, value);
            return new AgentStreamOptionsValidator().Validate(null, options);
        }
    }

    private static FunctionCallContent Call(string id, object? value, string? extra = null) => new(id, "count", new Dictionary<string, object?> { ["value"] = value })
    {
        AdditionalProperties = extra is null ? null : new() { ["signature"] = extra },
    };

    private static void InterlockedMax(ref int most, int value)
    {
        int known;
        while (value > (known = most) && Interlocked.CompareExchange(ref most, value, known) != known)
        {
        }
    }
}
