using AgentStream.Grains.Runs;
using AgentStream.Messages;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Queue;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests;

/// <summary>A prompt that joins the live run.</summary>
public sealed class SteeringTests
{
    private readonly SessionKey _key = TestSilos.NewSession();
    private readonly Gate _gate = new();

    [Fact]
    public async Task A_message_to_a_live_run_is_in_its_next_request_and_the_stream_says_so()
    {
        var model = new ScriptedModel([Step.Call("c1", "wait")], [Step.Say("hear hear")]);
        await using var silos = await StartAsync(model);
        await silos.Client.StartAsync(_key, new RunRequest("go"));
        await _gate.ReachedAsync();

        var joined = await silos.Client.StartAsync(_key, Steer("not so fast"));
        var following = silos.Client.FollowAsync(_key, joined).ToListAsync();
        _gate.Open();

        Assert.Equal(
            """
            event {"idx":0,"event":"llm-end"}
            info {"msg":"steered","text":"not so fast"}
            event {"idx":1,"event":"llm-begin"}
            event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"wait","tool_call_id":"c1","content":"waited"}
            """,
            string.Join('\n', (await silos.TranscriptAsync(_key)).Split('\n')[3..7]));
        Assert.Equal((ChatRole.User, "not so fast"), model.Requests.Last().Messages[^1] is var last ? (last.Role, last.Text) : default);
        Assert.Equal(2, model.Requests.Count);
        Assert.Empty(await silos.Services.GetRequiredService<IPromptQueue>().ListAsync(_key));

        // It is no run of its own.
        Assert.Empty(await following);
        Assert.Equal(["go", "not so fast"], await PromptsAsync(silos));
    }

    [Fact]
    public async Task A_run_that_ends_first_leaves_the_message_to_be_the_next_turn()
    {
        var model = new ScriptedModel([new Step.Pause(_gate), Step.Say("first")], [Step.Say("second")]);
        await using var silos = await StartAsync(model);
        await silos.Client.StartAsync(_key, new RunRequest("go"));
        await _gate.ReachedAsync();

        var next = await silos.Client.StartAsync(_key, Steer("and then?"));
        Assert.Equal(1, next.QueuePosition);
        var following = silos.Client.FollowAsync(_key, next).ToListAsync();
        _gate.Open();

        Assert.NotEmpty(await following);
        Assert.Equal("and then?", model.Requests.Last().Messages[^1].Text);
        Assert.Equal(next.RunId, (await silos.Client.GetSessionAsync(_key))!.Run!.RunId);
    }

    [Fact]
    public async Task A_message_for_another_agent_and_a_queued_prompt_join_nothing()
    {
        var model = new ScriptedModel([Step.Call("c1", "wait")], [Step.Say("first")], [Step.Say("third")]);
        var other = new ScriptedModel([Step.Say("second")]);
        await using var silos = await StartAsync(model, agents => agents.AddAgent("other", agent => agent.UseChatClient(_ => other)));
        await silos.Client.StartAsync(_key, new RunRequest("go"));
        await _gate.ReachedAsync();
        await silos.Client.StartAsync(_key, Steer("other") with { Agent = "other" });
        var last = await silos.Client.StartAsync(_key, new RunRequest("queued", OnBusy: BusySessionBehavior.Queue));
        var following = silos.Client.FollowAsync(_key, last).ToListAsync();
        _gate.Open();

        await following;
        Assert.Equal(["go", "other", "queued"], await PromptsAsync(silos));
        Assert.Equal(3, model.Requests.Count);
        Assert.Equal(ChatRole.Tool, model.Requests.ElementAt(1).Messages[^1].Role);
        Assert.Single(other.Requests);
    }

    [Fact]
    public async Task A_message_that_is_sent_again_with_its_key_joins_once()
    {
        var model = new ScriptedModel([Step.Call("c1", "wait")], [Step.Say("done")]);
        await using var silos = await StartAsync(model);
        var run = await silos.Client.StartAsync(_key, new RunRequest("go"));
        await _gate.ReachedAsync();
        var request = Steer("once") with { IdempotencyKey = "k" };

        var first = await silos.Client.StartAsync(_key, request);
        Assert.Equal(first, await silos.Client.StartAsync(_key, request));
        _gate.Open();
        await silos.TranscriptAsync(_key);

        Assert.Equal(run, await silos.Client.StartAsync(_key, request));
        Assert.Equal(["go", "once"], await PromptsAsync(silos));
    }

    [Fact]
    public async Task A_session_without_a_run_starts_one()
    {
        await using var silos = await StartAsync(new ScriptedModel([Step.Say("hello")]));
        Assert.Equal(0, (await silos.Client.StartAsync(_key, Steer("hi"))).QueuePosition);
        Assert.Contains("hello", await silos.TranscriptAsync(_key), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_journal_has_taken_is_not_taken_again()
    {
        var state = new SessionState();
        state.Apply(new RunStartedRecord("run", "scripted") { Timestamp = default });
        state.Apply(new RequestRecord(1, [new UserPromptPart("hi") { Timestamp = default }]) { Timestamp = default, Steered = [new("joined")] });
        Assert.True(state.HasTaken("joined"));
        Assert.False(state.HasTaken("other"));
    }

    private static RunRequest Steer(string prompt) => new(prompt, OnBusy: BusySessionBehavior.Steer);

    private async Task<IEnumerable<string>> PromptsAsync(TestSilos silos) =>
        ModelMessages.FromJson((await silos.Client.GetSessionAsync(_key))!.Messages).OfType<ModelRequest>().SelectMany(message => message.Parts).OfType<UserPromptPart>().Select(part => part.Text);

    private Task<TestSilos> StartAsync(IChatClient model, Action<AgentStreamBuilder>? others = null) => TestSilos.StartAsync(
        null,
        model,
        _ => { },
        agent => agent.WithTool(
            async () =>
            {
                _gate.Reached();
                await _gate.OpenedAsync(CancellationToken.None);
                return "waited";
            },
            "wait"),
        others: others);
}
