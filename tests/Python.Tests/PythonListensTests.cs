using System.Text.Json;
using AgentStream.GrainTesting;

namespace AgentStream.Python.Tests;

/// <summary>A Python listener and runs of ours.</summary>
public sealed class PythonListensTests
{
    [Fact]
    public async Task A_Python_listener_follows_our_run_while_it_goes_on_and_gets_exactly_our_events()
    {
        var gate = new Gate();
        var model = new ScriptedModel(
            [Step.Think("I \"need\""), Step.Think(" a tool."), Step.Call("c1", "tool", ("what", "Füße & <tags>"))],
            [Step.Say("zwölf\n"), new Step.Pause(gate), Step.Say(" \U0001F600 'ok'\\"), Step.Say("\t日本")]);
        await using var stage = await Stage.OpenAsync(model, Report);
        await stage.StartAsync();
        await gate.ReachedAsync();

        await using var python = stage.Listen();
        var heard = new List<string>();
        while (heard is not [.., var newest] || !newest.Contains("answer", StringComparison.Ordinal))
        {
            heard.Add((await python.NextAsync())!);
        }

        gate.Open();
        heard.AddRange(await python.RestAsync());

        Assert.Equal(0, await python.ExitCodeAsync());
        Assert.All(heard, line => Assert.Equal(["type", "origin", "body"], Names(line)));
        Wire.Equal(
            [
                Wire.Begin(stage.Key),
                Wire.Event("""{"idx":0,"event":"llm-begin"}"""),
                Wire.Event("""{"idx":0,"event":"part_start","event_idx":0,"part_kind":"thinking","content":"I \"need\""}"""),
                Wire.Event("""{"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"thinking","content_delta":" a tool."}"""),
                Wire.Event(
                    """{"idx":0,"event":"part_start","event_idx":1,"part_kind":"tool-call","tool_name":"tool","tool_call_id":"c1","args":{"what":"Füße & <tags>"}}"""),
                Wire.Event("""{"idx":0,"event":"llm-end"}"""),
                Wire.Event("""{"msg":"ü"}""", "info", "developer"),
                Wire.Event("{}", "note", "a tool"),
                Wire.Event("""{"idx":1,"event":"llm-begin"}"""),
                Wire.Event("""{"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"tool","tool_call_id":"c1","content":{"n":[1,null,"Füße & <tags>"]}}"""),
                Wire.Event("""{"idx":1,"event":"part_start","event_idx":0,"part_kind":"text","content":"zwölf\n"}"""),
                Wire.Event("""{"idx":1,"event":"answer"}"""),
                Wire.Event("""{"idx":1,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":" 😀 'ok'\\"}"""),
                Wire.Event("""{"idx":1,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"\t日本"}"""),
                Wire.Event("""{"idx":1,"event":"llm-end"}"""),
            ],
            heard);
        Wire.Equal(await stage.WeHearAsync(), heard);

        static async Task<object> Report(string what, Deps deps)
        {
            await deps.AddInfoAsync(new { msg = "ü" });
            await deps.AddAsync("note", "a tool");
            return new { n = new object?[] { 1, null, what } };
        }
    }

    [Fact]
    public async Task A_Python_listener_that_comes_before_our_run_gets_it_all()
    {
        await using var stage = await Stage.OpenAsync(new ScriptedModel([Step.Say("Hel"), Step.Say("lo")]));
        await using var python = stage.Listen();
        await stage.PythonWaitsAsync();

        await stage.StartAsync();

        var heard = await python.RestAsync();
        Assert.Equal(0, await python.ExitCodeAsync());
        Assert.Equal(6, heard.Count);
        Wire.Equal(await stage.WeHearAsync(), heard);
    }

    [Fact]
    public async Task The_start_answers_once_begin_is_in_the_stream()
    {
        var gate = new Gate();
        await using var stage = await Stage.OpenAsync(new ScriptedModel([new Step.Pause(gate)]));

        var started = await stage.StartAsync();

        Assert.Equal(started.Begin.ToString(), (await stage.Raw.EntriesAsync(stage.Stream))[0].Id);
        await using var python = stage.Listen(wait: 0);
        Wire.Equal([Wire.Begin(stage.Key)], [(await python.NextAsync())!]);
        gate.Open();
    }

    [Fact]
    public async Task A_Python_listener_hears_that_our_run_crashed_and_completes()
    {
        await using var stage = await Stage.OpenAsync(new ScriptedModel([Step.Say("so"), new Step.Fail("the line \"broke\"")]));
        var started = await stage.StartAsync();

        await using var python = stage.Listen();

        var body = $$"""{"msg":"crashed - the line \"broke\"","reason":"model_failed","reference":"{{started.RunId[^12..]}}"}""";
        Wire.Equal([Wire.Event(body, "error", "developer")], [(await python.RestAsync())[^1]]);
        Assert.Equal(0, await python.ExitCodeAsync());
    }

    [Fact]
    public async Task A_Python_listener_sees_nothing_of_our_first_run_in_our_second()
    {
        await using var stage = await Stage.OpenAsync(new ScriptedModel([Step.Say("one")], [Step.Say("two")]));
        await stage.StartAsync();
        await stage.WeHearAsync();

        await stage.StartAsync();

        await using var python = stage.Listen();
        var heard = await python.RestAsync();
        Assert.Equal(5, heard.Count);
        Assert.Contains("two", heard[2], StringComparison.Ordinal);
    }

    private static IEnumerable<string> Names(string line)
    {
        using var document = JsonDocument.Parse(line);
        return [.. document.RootElement.EnumerateObject().Select(property => property.Name)];
    }
}
