using System.ComponentModel;
using System.Text.Json;
using AgentStream.Grains.Agents;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Tests;

/// <summary>Tools: how methods become tools, and how what goes wrong with a call gets back to the model.</summary>
public sealed class ToolTests
{
    [Fact]
    public void A_tool_is_named_after_its_method_and_hides_what_is_handed_in()
    {
        var tool = ToolFactory.Create(GetWeatherAsync, null);
        Assert.Equal("GetWeather", tool.Name);
        Assert.Equal("The weather in a city.", tool.Description);
        Assert.Equal(["city"], tool.JsonSchema.GetProperty("properties").EnumerateObject().Select(p => p.Name));

        [Description("The weather in a city.")]
        static Task<string> GetWeatherAsync(string city, Deps deps, IServiceProvider services, CancellationToken cancellationToken) =>
            Task.FromResult($"{city} {deps} {services} {cancellationToken}");
    }

    [Fact]
    public void A_lambda_needs_a_name()
    {
        var refused = Assert.Throws<ArgumentException>(() => ToolFactory.Create((string city) => city, null));
        Assert.Contains("give the tool a name", refused.Message, StringComparison.Ordinal);
        Assert.Equal("echo", ToolFactory.Create((string city) => city, "echo").Name);
    }

    [Fact]
    public void Two_tools_of_one_name_are_refused()
    {
        var builder = new AgentBuilder().WithTool((string a) => a, "echo");
        Assert.Contains("'echo'", Assert.Throws<ArgumentException>(() => builder.WithTool((string a) => a, "echo")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_goes_wrong_with_a_call_is_told_to_the_model_and_shown()
    {
        var broken = new FunctionCallContent("c3", "fine") { Exception = new JsonException("no object") };
        var model = new ScriptedModel(
            [
                new Step.Give(
                    new FunctionCallContent("c1", "missing", new Dictionary<string, object?> { ["a"] = 1 }),
                    new FunctionCallContent("c2", "breaks"),
                    broken,
                    new FunctionCallContent("c4", "fine")),
            ],
            [Step.Say("I see")]);
        await using var silos = await TestSilos.StartAsync(
            null,
            model,
            _ => { },
            agent => agent
                .WithTool(string () => throw new InvalidOperationException("out of paper"), "breaks")
                .WithTool((string needed) => needed, "fine"));
        var transcript = await silos.RunAsync(TestSilos.NewSession());

        var results = model.Requests.Last().Messages[^1];
        Assert.Equal(ChatRole.Tool, results.Role);
        var said = results.Contents.Cast<FunctionResultContent>().ToDictionary(r => r.CallId, r => (string)r.Result!);
        Assert.Equal("Unknown tool name: 'missing'. Available tools: breaks, fine.", said["c1"]);
        Assert.Equal("The tool breaks failed: out of paper", said["c2"]);
        Assert.Equal("The arguments of fine cannot be used: no object Fix them and try again.", said["c3"]);
        Assert.Contains("'needed'", said["c4"], StringComparison.Ordinal);

        foreach (var id in said.Keys)
        {
            Assert.Contains($"\"part_kind\":\"tool-return\",\"tool_name\":\"", transcript, StringComparison.Ordinal);
            Assert.Contains($"\"tool_call_id\":\"{id}\",\"content\":\"{said[id]}\"", transcript, StringComparison.Ordinal);
        }

        Assert.EndsWith("event {\"idx\":1,\"event\":\"llm-end\"}\nend\n", transcript, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tool_that_takes_too_long_is_told_to_the_model_and_shown()
    {
        // The only tool of the run: on a busy machine any other one could take longer, too.
        var never = new TaskCompletionSource();
        var model = new ScriptedModel([Step.Call("c1", "hangs")], [Step.Say("I see")]);
        await using var silos = await TestSilos.StartAsync(
            null, model, options => options.ToolTimeout = TimeSpan.FromMilliseconds(50), agent => agent.WithTool(() => never.Task, "hangs"));
        var transcript = await silos.RunAsync(TestSilos.NewSession());

        var result = Assert.IsType<FunctionResultContent>(Assert.Single(model.Requests.Last().Messages[^1].Contents));
        Assert.Equal(("c1", "The tool hangs took longer than 0.05 s."), (result.CallId, (string)result.Result!));
        Assert.Contains("\"tool_call_id\":\"c1\",\"content\":\"The tool hangs took longer than 0.05 s.\"", transcript, StringComparison.Ordinal);
        Assert.EndsWith("event {\"idx\":1,\"event\":\"llm-end\"}\nend\n", transcript, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tool_speaks_to_the_listeners_through_its_deps()
    {
        var model = new ScriptedModel([Step.Call("c1", "report")], [Step.Say("ok")]);
        await using var silos = await TestSilos.StartAsync(null, model, Report);
        Assert.Contains("""
            event {"idx":0,"event":"llm-end"}
            info {"msg":"looking up Rome"}
            error {"msg":"no such street"}
            note {"n":3}
            event {"idx":1,"event":"llm-begin"}
            """, await silos.RunAsync(TestSilos.NewSession()), StringComparison.Ordinal);

        static async Task<string> Report(Deps deps)
        {
            await deps.AddInfoAsync(new { msg = "looking up Rome" });
            await deps.AddErrorAsync(new { msg = "no such street" });
            await deps.AddAsync("note", "tool", new { n = 3 });
            Assert.Equal("type", (await Assert.ThrowsAsync<InvalidInputException>(() => deps.AddAsync("end", "tool").AsTask())).Field);
            Assert.True(await deps.IsLiveAsync());
            return "reported";
        }
    }

    [Theory]
    [InlineData("pieces")]
    [InlineData("whole")]
    [InlineData("repeated")]
    [InlineData("nameless")]
    public async Task A_call_may_come_whole_in_pieces_or_twice(string how)
    {
        var arguments = new Dictionary<string, object?> { ["text"] = "hi" };
        FunctionCallContent[] pieces = how switch
        {
            "pieces" => [new("c1", "echo"), new("c1", "echo", arguments)],
            "whole" => [new("c1", "echo", arguments)],
            "repeated" => [new("c1", "echo", arguments), new("c1", "echo", arguments)],
            _ => [new("c1", "echo"), new("", "", arguments)],
        };
        var model = new ScriptedModel([.. pieces.Select(p => new Step.Give(p))], [Step.Say("ok")]);
        await using var silos = await TestSilos.StartAsync(null, model, _ => { }, agent => agent.WithTool((string text) => text + "!", "echo"));
        var transcript = await silos.RunAsync(TestSilos.NewSession());
        Assert.Single(transcript.Split('\n'), line => line.Contains("tool-call", StringComparison.Ordinal));
        Assert.Contains("""
            "event_idx":0,"part_kind":"tool-call","tool_name":"echo","tool_call_id":"c1","args":{"text":"hi"}}
            """.TrimEnd(), transcript, StringComparison.Ordinal);
        Assert.Contains("\"tool_call_id\":\"c1\",\"content\":\"hi!\"", transcript, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_without_ids_get_ids_of_their_own()
    {
        var model = new ScriptedModel(
            [new Step.Give(new FunctionCallContent("", "count")), new Step.Give(new FunctionCallContent("", "count"))], [Step.Say("ok")]);
        await using var silos = await TestSilos.StartAsync(null, model, _ => { }, agent => agent.WithTool(() => 1, "count"));
        await silos.RunAsync(TestSilos.NewSession());
        var results = model.Requests.Last().Messages[^1].Contents.Cast<FunctionResultContent>().Select(r => r.CallId).ToList();
        Assert.Equal(2, results.Distinct().Count());
        Assert.All(results, id => Assert.StartsWith("call_", id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_client_that_calls_tools_by_itself_is_shown_as_the_nodes_it_is_made_of_and_its_calls_are_not_made_again()
    {
        var called = 0;
        var model = new ScriptedModel(
            [
                Step.Say("Let me see."),
                Step.Call("c1", "count"),
                Step.Call("c2", "count"),
                new Step.Give(new UsageContent(new UsageDetails { InputTokenCount = 7 })),
                new Step.Give(new FunctionResultContent("c1", 1), new FunctionResultContent("c2", null) { Exception = new InvalidOperationException("jammed") }),
                Step.Say("One."),
            ],
            [Step.Say("again")]);
        await using var silos = await TestSilos.StartAsync(null, model, _ => { }, agent => agent.WithTool(() => ++called, "count"));
        var key = new SessionKey(1, 1, "s1");
        Assert.Equal("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"Let me see."}
            event {"idx":0,"event":"answer"}
            event {"idx":0,"event":"part_start","event_idx":1,"part_kind":"tool-call","tool_name":"count","tool_call_id":"c1","args":{}}
            event {"idx":0,"event":"part_start","event_idx":2,"part_kind":"tool-call","tool_name":"count","tool_call_id":"c2","args":{}}
            event {"idx":0,"event":"llm-end"}
            event {"idx":1,"event":"llm-begin"}
            event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"count","tool_call_id":"c1","content":1}
            event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"count","tool_call_id":"c2","content":"The tool count failed: jammed"}
            event {"idx":1,"event":"part_start","event_idx":0,"part_kind":"text","content":"One."}
            event {"idx":1,"event":"answer"}
            event {"idx":1,"event":"llm-end"}
            end

            """, await silos.RunAsync(key));
        Assert.Equal(0, called);
        Assert.Single(model.Requests);

        await silos.RunAsync(key, "and now?");
        var (messages, _) = model.Requests.Last();
        Assert.Equal([ChatRole.User, ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant, ChatRole.User], messages.Select(m => m.Role));
    }

    [Fact]
    public async Task A_call_that_is_only_told_of_is_not_made()
    {
        var called = 0;
        var model = new ScriptedModel([
            new Step.Give(new FunctionCallContent("c1", "count") { InformationalOnly = true }), Step.Call("c2", "count")], [Step.Say("ok")]);
        await using var silos = await TestSilos.StartAsync(null, model, _ => { }, agent => agent.WithTool(() => ++called, "count"));
        await silos.RunAsync(TestSilos.NewSession());
        Assert.Equal(1, called);
    }
}
