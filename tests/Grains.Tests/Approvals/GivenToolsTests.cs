using AgentStream.Grains.Chat;
using AgentStream.Grains.Runs;
using AgentStream.Storage.Queue;
using AgentStream.Testing;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Tests.Approvals;

/// <summary>Tools that a client gives with a prompt.</summary>
public sealed class GivenToolsTests
{
    private static readonly ClientTool Color = new("pick_color", "Lets the user pick a color.", """{ "type": "object", "properties": { "of": { "type": "string" } } }""");
    private static readonly ClientTool Place = new("locate");

    private readonly SessionKey _key = TestSilos.NewSession();
    private readonly Gate _gate = new();

    [Fact]
    public async Task The_model_is_offered_them_and_a_call_waits_for_the_client_until_the_next_prompt()
    {
        var model = new ScriptedModel([Step.Call("c1", "pick_color", ("of", "wall"))], [Step.Call("c2", "locate")], [Step.Say("done")], [Step.Say("hello")]);
        await using var silos = await StartAsync(model, agent => agent.WithTool(() => "own", "own"));

        var said = await RunAsync(silos, Color, Place);
        var request = Assert.Single(await silos.Client.GetPendingAsync(_key));
        Assert.Equal((PendingRequestKind.ClientTool, "c1", "pick_color", """{"of":"wall"}"""), (request.Kind, request.ToolCallId, request.ToolName, request.Arguments));
        Assert.EndsWith(
            $$$"""info {"msg":"tool-requested","request_id":"{{{request.RequestId}}}","tool_call_id":"c1","tool_name":"pick_color","args":{"of":"wall"}}""" + "\nend\n", said, StringComparison.Ordinal);

        await silos.Client.SubmitToolResultAsync(_key, "c1", "\"green\"");
        Assert.Contains("\"tool_name\":\"pick_color\",\"tool_call_id\":\"c1\",\"content\":\"green\"", await silos.TranscriptAsync(_key), StringComparison.Ordinal);
        await silos.Client.SubmitToolResultAsync(_key, "c2", "\"Oslo\"");
        Assert.Contains("done", await silos.TranscriptAsync(_key), StringComparison.Ordinal);
        await silos.RunAsync(_key, "and without?");

        Assert.Equal(["own pick_color locate", "own pick_color locate", "own pick_color locate", "own"], model.Requests.Select(Offered));
        var offered = model.Requests.First().Options!.Tools!.OfType<AIFunctionDeclaration>().Single(tool => tool.Name == "pick_color");
        Assert.Equal((Color.Description, "string"), (offered.Description, offered.JsonSchema.GetProperty("properties").GetProperty("of").GetProperty("type").GetString()));
        Assert.IsNotAssignableFrom<AIFunction>(offered);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_prompt_that_waits_has_them_when_its_turn_comes(bool withRedis)
    {
        var model = new ScriptedModel([new Step.Pause(_gate), Step.Say("first")], [Step.Call("c1", "pick_color")]);
        await using var silos = await TestSilos.StartAsync(withRedis ? (await RedisServer.SharedAsync()).Configuration : null, model);
        await silos.Client.StartAsync(_key, new RunRequest("go"));
        await _gate.ReachedAsync();
        var waiting = await silos.Client.StartAsync(_key, new RunRequest("next", OnBusy: BusySessionBehavior.Queue, Tools: [Color]));
        Assert.Equal(1, waiting.QueuePosition);
        var following = silos.Client.FollowAsync(_key, waiting).ToListAsync();
        _gate.Open();

        await following;

        Assert.Equal(["", "pick_color"], model.Requests.Select(Offered));
        Assert.Equal("pick_color", Assert.Single(await silos.Client.GetPendingAsync(_key)).ToolName);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_prompt_joins_a_run_only_if_that_has_its_tools(bool hasThem)
    {
        var model = new ScriptedModel([Step.Call("c1", "wait")], [Step.Say("first")], [Step.Say("second")]);
        await using var silos = await StartAsync(model, agent => agent.WithTool(WaitAsync, "wait"));
        await silos.Client.StartAsync(_key, new RunRequest("go", Tools: [Color]));
        await _gate.ReachedAsync();
        var next = await silos.Client.StartAsync(_key, new RunRequest("and", OnBusy: BusySessionBehavior.Steer, Tools: [hasThem ? Color with { Parameters = Color.Parameters!.Replace(" ", "", StringComparison.Ordinal) } : Place]));
        var following = silos.Client.FollowAsync(_key, next).ToListAsync();
        _gate.Open();

        var own = await following;

        Assert.Equal(hasThem, own.Count == 0);
        Assert.Equal(hasThem ? ["wait pick_color", "wait pick_color"] : ["wait pick_color", "wait pick_color", "wait locate"], model.Requests.Select(Offered));
    }

    [Fact]
    public async Task A_name_of_one_of_the_agents_tools_is_refused_and_nothing_starts()
    {
        var model = new ScriptedModel();
        await using var silos = await StartAsync(
            model,
            agent => agent.WithTool(() => "own", "own").WithTool(() => "odd", "an odd name").WithToolProvider("the shed", _ => new Shed("saw")));

        foreach (var taken in new[] { "own", "saw", WireNames.OfTool("an odd name") })
        {
            var error = await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.StartAsync(_key, new RunRequest("go", Tools: [Place, new(taken)])));
            Assert.Equal(("tools[1].name", $"must not be the name of a tool that the agent has, but is '{taken}'"), (error.Field, error.Rule));
        }

        Assert.Empty(model.Requests);
        Assert.Null(await silos.Client.GetSessionAsync(_key));
    }

    [Fact]
    public async Task A_tool_that_a_source_has_only_later_is_not_bypassed()
    {
        var shed = new Shed();
        await using var silos = await StartAsync(new ScriptedModel([Step.Call("c1", "saw")], [Step.Call("c2", "saw")]), agent => agent.WithToolProvider("the shed", _ => shed));
        await RunAsync(silos, new ClientTool("saw"));
        shed.Tools = ["saw"];

        await silos.Client.SubmitToolResultAsync(_key, "c1", "1");

        Assert.EndsWith(
            "error {\"msg\":\"crashed - two tools are named 'saw', one of the shed and one of the client; tools need different names\",\"reason\":\"tool_failed\"}\nend\n",
            await silos.TranscriptAsync(_key),
            StringComparison.Ordinal);
        Assert.Empty(await silos.Client.GetPendingAsync(_key));
    }

    [Fact]
    public async Task A_tool_of_the_options_is_not_bypassed()
    {
        await using var silos = await StartAsync(new ScriptedModel([Step.Call("c1", "saw")]), agent => agent.WithOptions(options => (options.Tools ??= []).Add(AIFunctionFactory.Create(() => 1, "saw"))));
        Assert.Contains("crashed - two tools are named 'saw', one of the client and one of the agent's options", await RunAsync(silos, new ClientTool("saw")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_is_away_is_asked_again_by_the_run()
    {
        var shed = new Shed { Failures = 1 };
        await using var silos = await StartAsync(new ScriptedModel([Step.Say("ok")]), agent => agent.WithToolProvider("the shed", _ => shed));
        Assert.Contains("\"ok\"", await RunAsync(silos, Place), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_agent_declares_for_the_client_counts_for_more_than_what_the_client_says_of_it()
    {
        var model = new ScriptedModel([Step.Call("c1", "locate")]);
        await using var silos = await StartAsync(
            model, agent => agent.WithTool(AIFunctionFactory.CreateDeclaration("locate", "The agent's.", AIFunctionFactory.Create((bool precise) => precise).JsonSchema)));

        await RunAsync(silos, Place with { Description = "The client's." });

        Assert.Equal("The agent's.", Assert.Single(model.Requests.Single().Options!.Tools!).Description);
        Assert.Equal(PendingRequestKind.ClientTool, Assert.Single(await silos.Client.GetPendingAsync(_key)).Kind);
    }

    [Fact]
    public async Task They_are_part_of_what_an_idempotency_key_stands_for()
    {
        var request = new RunRequest("go", IdempotencyKey: "k", Tools: [Color]);
        await using var silos = await StartAsync(new ScriptedModel([Step.Say("once")]));
        var first = await silos.Client.StartAsync(_key, request);
        await silos.TranscriptAsync(_key);

        Assert.Equal(first, await silos.Client.StartAsync(_key, request with { Tools = [Color with { Parameters = Color.Parameters!.Replace(" ", "", StringComparison.Ordinal) }] }));
        await Assert.ThrowsAsync<IdempotencyConflictException>(() => silos.Client.StartAsync(_key, request with { Tools = [Color, Place] }));
        await Assert.ThrowsAsync<IdempotencyConflictException>(() => silos.Client.StartAsync(_key, request with { Tools = null }));

        // As it was before there were tools.
        Assert.Equal("CB301F4E", RequestKey.Of(request with { Tools = [] })!.Hash[..8]);
    }

    [Theory]
    [InlineData("", null, "tools[1].name")]
    [InlineData("a tool", null, "tools[1].name")]
    [InlineData("locate", null, "tools[1].name")]
    [InlineData("a", "[]", "tools[1].parameters")]
    [InlineData("a", "{", "tools[1].parameters")]
    [InlineData("a", """{"type":"string"}""", "tools[1].parameters")]
    [InlineData("a", """{"type":["object"]}""", "tools[1].parameters")]
    [InlineData("a", """{"title":"\ud800"}""", "tools[1].parameters")]
    public void What_breaks_a_rule_is_named(string name, string? parameters, string field) =>
        Assert.Equal(field, Assert.Throws<InvalidInputException>(() => RunRequestRules.ThrowIfInvalidTools([Place, new(name, null, parameters)])).Field);

    [Fact]
    public void Number_length_and_depth_are_bounded()
    {
        static ClientTool[] Tools(int count, string? description = null, string? parameters = null) => [.. Enumerable.Range(0, count).Select(i => new ClientTool($"t{i}", description, parameters))];
        static string Deep(int levels) => string.Concat(Enumerable.Repeat("""{"a":""", levels - 1)) + "{}" + new string('}', levels - 1);

        RunRequestRules.ThrowIfInvalidTools(null);
        RunRequestRules.ThrowIfInvalidTools(Tools(RunRequestRules.MaxTools));
        RunRequestRules.ThrowIfInvalidTools([new(new string('a', RunRequestRules.MaxToolNameLength), null, Deep(RunRequestRules.MaxToolDepth))]);
        Assert.Equal("tools", Field(Tools(RunRequestRules.MaxTools + 1)));
        Assert.Equal("tools", Field(Tools(2, new string('d', RunRequestRules.MaxToolsLength / 2))));
        Assert.Equal("tools[0].parameters", Field([new("a", null, Deep(RunRequestRules.MaxToolDepth + 1))]));
        Assert.Equal("tools[0].name", Field([new(new string('a', RunRequestRules.MaxToolNameLength + 1))]));

        static string Field(ClientTool[] tools) => Assert.Throws<InvalidInputException>(() => RunRequestRules.ThrowIfInvalidTools(tools)).Field;
    }

    [Fact]
    public void A_prompt_that_waits_is_the_same_wherever_it_was_kept()
    {
        var prompt = new QueuedPrompt("run", "scripted", "hi", DateTimeOffset.UnixEpoch) { Tools = [Color, Place] };
        var read = QueuedPrompt.FromJson(prompt.ToJson());
        Assert.Equal(prompt, read);
        Assert.Equal(prompt.GetHashCode(), read.GetHashCode());
        Assert.NotEqual(prompt, prompt with { Tools = [Place] });
        Assert.NotEqual(prompt, prompt with { Prompt = "ho" });
        Assert.Throws<InvalidDataException>(() => QueuedPrompt.FromJson("""{"run_id":"r","agent":"a","prompt":"p","tools":[{}]}"""u8));
        Assert.DoesNotContain("tools", System.Text.Encoding.UTF8.GetString((prompt with { Tools = null }).ToJson()), StringComparison.Ordinal);
    }

    private static string Offered(ScriptedRequest request) => string.Join(' ', request.Tools.Select(tool => tool.Name));

    private static Task<TestSilos> StartAsync(IChatClient model, Action<AgentBuilder>? agent = null) => TestSilos.StartAsync(null, model, _ => { }, agent ?? (_ => { }));

    private async Task<string> RunAsync(TestSilos silos, params ClientTool[] tools)
    {
        await silos.Client.StartAsync(_key, new RunRequest("go", Tools: tools));
        return await silos.TranscriptAsync(_key);
    }

    private async Task<string> WaitAsync()
    {
        _gate.Reached();
        await _gate.OpenedAsync(CancellationToken.None);
        return "waited";
    }

    /// <summary>Tools by their names; away as often as it is told.</summary>
    private sealed class Shed(params string[] tools) : IToolProvider
    {
        public string[] Tools { get; set; } = tools;

        public int Failures { get; set; }

        public ValueTask<IReadOnlyList<AITool>> GetToolsAsync(CancellationToken cancellationToken) => Failures-- > 0
            ? throw new InvalidOperationException("the shed is locked")
            : new([.. Tools.Select(name => AIFunctionFactory.Create(() => $"I am {name}", name))]);
    }
}
