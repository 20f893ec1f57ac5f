using AgentStream.Grains.Tests.Tools;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests;

/// <summary>Runs and sessions: bounds, busy sessions, history, what continues after a cancel or a crash.</summary>
public sealed class RunTests
{
    [Fact]
    public async Task A_model_that_is_silent_for_too_long_crashes_the_run()
    {
        var gate = new Gate();
        await using var silos = await TestSilos.StartAsync(
            null,
            new ScriptedModel([Step.Say("wait"), new Step.Pause(gate, Deaf: true)]),
            options => options.ModelSilence = TimeSpan.FromMilliseconds(50),
            _ => { });
        Assert.EndsWith(
            "error {\"msg\":\"crashed - the model was silent for 0.05 s\",\"reason\":\"model_unavailable\"}\nend\n", await silos.RunAsync(TestSilos.NewSession()), StringComparison.Ordinal);
        gate.Open();
    }

    [Fact]
    public async Task A_run_that_wants_too_many_nodes_crashes()
    {
        var model = new ScriptedModel([Step.Call("c1", "again")], [Step.Call("c2", "again")], [Step.Call("c3", "again")]);
        await using var silos = await TestSilos.StartAsync(
            null, model, options => options.MaxNodes = 2, agent => agent.WithTool(() => "more", "again"));
        Assert.EndsWith(
            "event {\"idx\":1,\"event\":\"llm-end\"}\nerror {\"msg\":\"crashed - the run needs more than 2 nodes (AgentStream:MaxNodes)\",\"reason\":\"limit\"}\nend\n",
            await silos.RunAsync(TestSilos.NewSession()),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_session_refuses_a_second_run_and_takes_it_after_the_end()
    {
        var gate = new Gate();
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel([new Step.Pause(gate), Step.Say("one")], [Step.Say("two")]));
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("first"));
        await gate.ReachedAsync();
        var busy = await Assert.ThrowsAsync<SessionBusyException>(() => silos.Client.StartAsync(key, new RunRequest("second")));
        Assert.Equal(key.ToString(), busy.Session);
        Assert.Equal([key], await silos.Client.GetLiveSessionsAsync(new UserKey(1, 1)));
        var begin = await silos.Client.ListenRawAsync(key).FirstAsync();
        Assert.Equal(("first", begin.Cursor), ((await silos.Client.GetSessionAsync(key))!.Run!.Prompt, (await silos.Client.GetSessionAsync(key))!.Run!.Begin));
        gate.Open();
        Assert.Contains("\"one\"", await silos.TranscriptAsync(key), StringComparison.Ordinal);
        Assert.Empty(await silos.Client.GetLiveSessionsAsync(new UserKey(1, 1)));
        Assert.Contains("\"two\"", await silos.RunAsync(key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_of_a_users_sessions_are_listed_and_the_live_ones_are_marked()
    {
        var gate = new Gate();
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel([Step.Say("one")], [new Step.Pause(gate), Step.Say("two")]));
        var user = new UserKey(1, 7);
        Assert.Empty(await silos.Client.ListSessionsAsync(user));
        await silos.RunAsync(user.Session("over"), "first words");
        await silos.Client.StartAsync(user.Session("live"), new RunRequest("second words"));
        await gate.ReachedAsync();
        Assert.Equal(
            [("live", "second words", true), ("over", "first words", false)],
            (await silos.Client.ListSessionsAsync(user)).Select(session => (session.Key.Session, session.Title, session.IsLive)).Order());

        // A live one is in every list; only the others are counted.
        Assert.Contains(await silos.Client.ListSessionsAsync(user, 1), session => session is { IsLive: true, Key.Session: "live" });
        await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.ListSessionsAsync(user, 0));
        await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.ListSessionsAsync(user, SessionSummary.MaxCount + 1));
        gate.Open();
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("  \n", null)]
    [InlineData("go", "nobody")]
    public async Task A_bad_request_changes_nothing(string prompt, string? agent)
    {
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel([Step.Say("ok")]));
        var key = TestSilos.NewSession();
        await Assert.ThrowsAnyAsync<AgentStreamException>(() => silos.Client.StartAsync(key, new RunRequest(prompt, agent)));
        Assert.Empty(await silos.TranscriptAsync(key));
        Assert.Contains("\"ok\"", await silos.RunAsync(key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_second_prompt_comes_with_the_history_and_instructions_are_not_part_of_it()
    {
        var model = new ScriptedModel(
            [Step.Think("hm"), Step.Call("c1", "count")], [Step.Say("it is "), Step.Say("1")], [Step.Say("again 1")]);
        await using var silos = await TestSilos.StartAsync(
            null, model, _ => { }, agent => agent.WithInstructions("Be brief.").WithTool(() => 1, "count"));
        var key = TestSilos.NewSession();
        await silos.RunAsync(key, "how many?");
        await silos.RunAsync(key, "sure?");

        var (messages, options) = model.Requests.Last();
        Assert.Equal("Be brief.", options!.Instructions);
        Assert.Equal(
            ["user: how many?", "assistant: hm count({})", "tool: c1=1", "assistant: it is 1", "user: sure?"],
            messages.Select(Show));
    }

    [Fact]
    public async Task A_canceled_run_keeps_what_it_had_and_its_open_calls_are_told_as_interrupted()
    {
        var gate = new Gate();
        var model = new ScriptedModel(
            [Step.Say("wait"), Step.Call("c1", "count"), Step.Call("c2", "hang")],
            [Step.Say("half an an"), new Step.Pause(gate)],
            [Step.Say("fine")]);
        var hanging = new Gate();
        await using var silos = await TestSilos.StartAsync(
            null, model, _ => { }, agent => agent.WithTool(() => 1, "count").WithTool(Hang, "hang"));
        var key = TestSilos.NewSession();

        await silos.Client.StartAsync(key, new RunRequest("first"));
        await hanging.ReachedAsync();
        var journal = silos.Services.GetRequiredService<ISessionJournal>();
        await Wait.Until(async () => (await journal.ReadAsync(key, 0)).OfType<ToolResultRecord>().Any(), "the first tool's result is kept");
        Assert.True(await silos.Client.CancelAsync(key));
        await silos.TranscriptAsync(key);

        await silos.Client.StartAsync(key, new RunRequest("second"));
        await gate.ReachedAsync();
        Assert.True(await silos.Client.CancelAsync(key));
        await silos.TranscriptAsync(key);

        await silos.RunAsync(key, "third");
        Assert.Equal(
            ["user: first", "assistant: wait count({}) hang({})", "tool: c1=1 c2=interrupted", "user: second", "assistant: half an an", "user: third"],
            model.Requests.Last().Messages.Select(Show));

        Task Hang(CancellationToken cancellationToken)
        {
            hanging.Reached();
            return hanging.OpenedAsync(cancellationToken);
        }
    }

    [Fact]
    public async Task An_answer_that_was_stopped_is_continued_by_the_next_prompt_with_what_was_said()
    {
        var gate = new Gate();
        var model = new ScriptedModel([Step.Say("The sea is "), new Step.Pause(gate)], [Step.Say("blue.")]);
        await using var silos = await TestSilos.StartAsync(null, model);
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("what is the sea?"));
        await gate.ReachedAsync();
        Assert.True(await silos.Client.CancelAsync(key));
        await silos.TranscriptAsync(key);
        await silos.RunAsync(key, "continue");
        Assert.Equal(["user: what is the sea?", "assistant: The sea is ", "user: continue"], model.Requests.Last().Messages.Select(Show));
    }

    [Fact]
    public async Task A_prompt_whose_run_crashed_before_an_answer_leads_the_next_request()
    {
        var model = new ScriptedModel([new Step.Refuse("no credit")], [Step.Say("fine")]);
        await using var silos = await TestSilos.StartAsync(null, model);
        var key = TestSilos.NewSession();
        await silos.RunAsync(key, "first");
        await silos.RunAsync(key, "second");
        Assert.Equal(["user: first", "user: second"], model.Requests.Last().Messages.Select(Show));
    }

    [Fact]
    public async Task Half_a_character_waits_for_its_other_half()
    {
        var face = "\U0001F600";
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel([Step.Say("a" + face[..1]), Step.Say(face[1..] + "b")]));
        var transcript = await silos.RunAsync(TestSilos.NewSession());
        Assert.Contains("\"content\":\"a\"", transcript, StringComparison.Ordinal);
        Assert.True(
            transcript.Contains($"\"content_delta\":\"{face}b\"", StringComparison.Ordinal)
            || transcript.Contains("\"content_delta\":\"\\uD83D\\uDE00b\"", StringComparison.Ordinal),
            transcript);
    }

    [Fact]
    public async Task A_stopping_silo_whose_journal_goes_with_it_brings_its_runs_to_their_end()
    {
        var gate = new Gate();
        var redis = await RedisServer.SharedAsync();
        var silos = await TestSilos.StartAsync(
            redis.Configuration,
            new ScriptedModel([Step.Say("so"), new Step.Pause(gate)]),
            options => options.DrainTimeout = TimeSpan.Zero,
            _ => { },
            storage: storage => storage.Journal = "memory");
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await gate.ReachedAsync();
        await silos.DisposeAsync();

        using var raw = await redis.ConnectAsync();
        var entries = await raw.EntriesAsync($"{silos.Prefix}:{key}");
        Assert.Contains("crashed - the silo is shutting down", entries[^2].Fields, StringComparison.Ordinal);
        Assert.Equal("type=end origin=pydantic-ai-stream", entries[^1].Fields);
    }

    [Fact]
    public async Task A_start_whose_answer_was_lost_gives_the_session_back()
    {
        var lossy = LossyStore.Around(new InMemoryStreamStore(Options.Create(new StorageOptions()), TimeProvider.System));
        using var log = new Entries();
        await using var silos = await TestSilos.StartAsync(
            null, new ScriptedModel([Step.Say("ok")]), _ => { }, _ => { }, services => log.AddTo(services.AddSingleton(lossy)));
        var key = TestSilos.NewSession();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => silos.Client.StartAsync(key, new RunRequest("go")));
        Assert.Equal($$"""
            begin {"session_id":"{{key.Session}}"}
            error {"msg":"crashed - the stream store did not answer when the run started","reason":"store_failed"}
            end

            """, await silos.TranscriptAsync(key));
        await Wait.Until(() => log.Faults.Any(line => line.Text.Contains("crashed. Reason: store_failed. Reference: ", StringComparison.Ordinal)), "the log names the failure");
        Assert.Contains("\"ok\"", await silos.RunAsync(key), StringComparison.Ordinal);
    }

    private static string Show(ChatMessage message) => $"{message.Role}: " + string.Join(
        ' ',
        message.Contents.Select(c => c switch
        {
            TextContent text => text.Text,
            TextReasoningContent thinking => thinking.Text,
            FunctionCallContent call => $"{call.Name}({System.Text.Json.JsonSerializer.Serialize(call.Arguments)})",
            FunctionResultContent result => $"{result.CallId}={result.Result}",
            _ => c.ToString(),
        }));
}
