using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using AgentStream.Events;
using AgentStream.Grains.Chat;
using AgentStream.Grains.Tests.Messages;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Tests;

/// <summary>One bound for the depth of JSON, from end to end.</summary>
public sealed partial class DepthTests
{
    [Theory]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(500)]
    [InlineData(994)]
    public async Task Arguments_and_results_go_all_the_way_at_any_depth_that_is_taken(int levels)
    {
        var deep = Histories.Parse(new string('[', levels) + new string(']', levels));
        var model = new ScriptedModel([Step.Call("c1", "echo", ("a", deep))], [Step.Say("ok")], [Step.Say("ok")]);
        await using var silos = await TestSilos.StartAsync(null, model, _ => { }, agent => agent.WithTool((JsonElement a) => new { a }, "echo"));
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("go"));
        var transcript = new Transcript();
        await foreach (var item in silos.Client.ListenRawAsync(key))
        {
            transcript.Apply(AgentEvent.Read(item));
        }

        var call = transcript.Nodes.SelectMany(node => node.Parts).OfType<Events.ToolCallPart>().Single();
        Assert.Equal(deep.GetRawText(), call.Arguments.GetProperty("a").GetRawText());
        Assert.Equal(deep.GetRawText(), transcript.ResultOf(call)!.Content.GetProperty("a").GetRawText());

        // The history comes back as it went, and the next request has it.
        var session = (await silos.Client.GetSessionAsync(key))!;
        var known = Transcript.OfHistory(session).Nodes.SelectMany(node => node.Parts).OfType<Events.ToolCallPart>().Single();
        Assert.Equal(deep.GetRawText(), known.Arguments.GetProperty("a").GetRawText());
        await silos.Client.ImportMessagesAsync(key, session.Messages);
        Assert.EndsWith("end\n", await silos.RunAsync(key), StringComparison.Ordinal);
        Assert.Equal(deep.GetRawText(), ((JsonElement)model.Requests.Last().Messages[1].Contents.OfType<FunctionCallContent>().Single().Arguments!["a"]!).GetRawText());
    }

    [Fact]
    public async Task What_is_deeper_is_told_to_the_model()
    {
        var called = 0;
        var model = new ScriptedModel([Step.Call("c1", "echo", ("a", Histories.Parse(new string('[', 996) + new string(']', 996))))], [Step.Say("ok")]);
        await using var silos = await TestSilos.StartAsync(null, model, _ => { }, agent => agent.WithTool((JsonElement a) => ++called, "echo"));
        Assert.EndsWith("\"llm-end\"}\nend\n", await silos.RunAsync(TestSilos.NewSession()), StringComparison.Ordinal);
        Assert.Equal(0, called);
        var told = Assert.IsType<FunctionResultContent>(Assert.Single(model.Requests.Last().Messages[^1].Contents)).Result;
        Assert.StartsWith("The arguments of echo cannot be used: ", Assert.IsType<string>(told), StringComparison.Ordinal);
    }

    [Fact]
    public void A_journal_of_others_may_have_what_an_import_may_not()
    {
        foreach (var args in new[] { "{\"a\":\"\\ud83d\"}", $"{{\"a\":{new string('[', 999)}{new string(']', 999)}}}", "{\"a\":NaN}" })
        {
            var record = $$$$"""{"type":"response","timestamp":"2026-01-01T00:00:00Z","idx":0,"response":{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"t","tool_call_id":"c","args":{{{{JsonSerializer.Serialize(args)}}}}}]}}""";
            var response = Assert.IsType<ResponseRecord>(JournalRecordJson.Read(Encoding.UTF8.GetBytes(record))).Response;
            var call = Assert.IsType<FunctionCallContent>(ChatMessages.ToChat([response])[0].Contents[0]);
            Assert.NotNull(call.Exception);
            Assert.Empty(call.Arguments!);
        }
    }

    /// <summary>JSON of others is nowhere read or written with the defaults of System.Text.Json, which stop at 64 levels.</summary>
    [Theory]
    [InlineData("Grains")]
    [InlineData("Grains.Abstractions")]
    [InlineData("Models")]
    [InlineData("Client.Http")]
    public void No_room_reads_or_writes_JSON_with_default_options(string room)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "AgentStream.sln")))
        {
            root = root.Parent;
        }

        var files = Directory.GetFiles(Path.Combine(root.FullName, "src", room), "*.cs", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        var calls = files.SelectMany(file => Calls().Matches(File.ReadAllText(file)).Select(call => $"{Path.GetFileName(file)}: {call.Value}")).ToList();
        Assert.NotEmpty(calls);
        Assert.DoesNotContain(calls, call => !Options().IsMatch(call));
    }

    // Up to the end of the statement.
    [GeneratedRegex(@"(JsonSerializer\.\w+|JsonDocument\.Parse\w*|JsonElement\.Parse\w*|JsonNode\.Parse|new Utf8JsonReader|new Utf8JsonWriter)(<[^>]*>)?\([^;]*;")]
    private static partial Regex Calls();

    // The options of a room by their names, and what was written here.
    [GeneratedRegex(@"Options|Reading|Writing|Compact|Indented|Json\.Default|JsonTypeInfo|, type\)|, Json\)|MaxDepth|Parse\(""(\{\}|null)""")]
    private static partial Regex Options();
}
