using AgentStream.Grains.Recovery;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests.Approvals;

/// <summary>A run that waits for a person is no process's: any other continues it, and what a dead one left is brought to its end. The processes share a log and a journal.</summary>
public sealed class PausedRunTests : IDisposable
{
    private static readonly SessionKey Key = new(1, 1, "s1");
    private static readonly DateTimeOffset Time = DateTimeOffset.UnixEpoch;
    private static readonly PendingRequest Asked = new("run-0", PendingRequestKind.Approval, "c1", "pay", """{"amount":5}""");

    private static readonly ClientTool Color = new("pick_color", "Lets the user pick a color.", """{"type":"object"}""");

    private readonly InMemoryStreamStore _log = new(Options.Create(new StorageOptions()), TimeProvider.System);
    private readonly InMemoryJournal _journal = new();
    private readonly List<string> _paid = [];

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Another_process_continues_when_the_one_that_asked_is_gone()
    {
        await using (var asking = await StartAsync(new ScriptedModel([Step.Call("c1", "pay", ("amount", 5))])))
        {
            await asking.RunAsync(Key);
        }

        await using var silos = await StartAsync(new ScriptedModel([Step.Say("done")]));
        await silos.Client.ApproveAsync(Key, Assert.Single(await silos.Client.GetPendingAsync(Key)).RequestId);

        Assert.Contains("\"content\":\"done\"", await silos.TranscriptAsync(Key), StringComparison.Ordinal);
        Assert.Equal(["paid 5"], _paid);
    }

    [Fact]
    public async Task A_clients_own_tools_are_those_of_the_run_in_the_process_that_continues_it_too()
    {
        await using (var asking = await StartAsync(new ScriptedModel([Step.Call("c1", "pick_color")])))
        {
            await asking.Client.StartAsync(Key, new RunRequest("go", Tools: [Color]));
            await asking.TranscriptAsync(Key);
        }

        var model = new ScriptedModel([Step.Call("c2", "pick_color")]);
        await using var silos = await StartAsync(model);
        await silos.Client.SubmitToolResultAsync(Key, "c1", "\"green\"");
        await silos.TranscriptAsync(Key);

        Assert.Equal("c2", Assert.Single(await silos.Client.GetPendingAsync(Key)).ToolCallId);
        Assert.Equal(["pay", "pick_color"], model.Requests.Single().Options!.Tools!.Select(tool => tool.Name));
    }

    [Fact]
    public async Task A_process_that_died_leaves_a_clients_own_tools_to_the_one_that_recovers_the_run()
    {
        await OrphanAsync("run", 0, [new RunStartedRecord("run", "scripted") { Timestamp = Time, Tools = [Color] }, Started[1]]);
        await using var silos = await RecoverAsync(new ScriptedModel([Step.Call("c1", "pick_color")]));

        Assert.Contains("tool-requested", await silos.TranscriptAsync(Key), StringComparison.Ordinal);
        Assert.Equal((PendingRequestKind.ClientTool, "pick_color"), Assert.Single(await silos.Client.GetPendingAsync(Key)) is var asked ? (asked.Kind, asked.ToolName) : default);
    }

    [Fact]
    public async Task A_recovered_run_whose_client_has_the_name_of_a_tool_of_the_silo_calls_neither()
    {
        await OrphanAsync("run", 0, [new RunStartedRecord("run", "scripted") { Timestamp = Time, Tools = [Color with { Name = "pay" }] }, Started[1]]);
        await using var silos = await RecoverAsync(new ScriptedModel([Step.Call("c1", "pay", ("amount", 5))]));

        Assert.Contains("crashed - two tools are named 'pay', one of the agent and one of the client", await silos.TranscriptAsync(Key), StringComparison.Ordinal);
        Assert.Empty(_paid);
        Assert.Empty(await silos.Client.GetPendingAsync(Key));
    }

    [Fact]
    public async Task A_process_that_died_between_the_pause_and_its_stream_has_the_requests_shown_once()
    {
        await OrphanAsync([new RunPausedRecord("run", [Asked]) { Timestamp = Time }]);
        await using var silos = await RecoverAsync(new ScriptedModel());

        Assert.EndsWith(
            "info {\"msg\":\"approval-requested\",\"request_id\":\"run-0\",\"tool_call_id\":\"c1\",\"tool_name\":\"pay\",\"args\":{\"amount\":5}}\nend\n",
            await silos.TranscriptAsync(Key),
            StringComparison.Ordinal);
        Assert.Equal(Asked, Assert.Single(await silos.Client.GetPendingAsync(Key)));
    }

    [Fact]
    public async Task A_process_that_died_before_the_pause_has_the_call_asked_about_and_not_made()
    {
        await OrphanAsync([]);
        await using var silos = await RecoverAsync(new ScriptedModel());
        await silos.TranscriptAsync(Key);

        Assert.Equal(Asked, Assert.Single(await silos.Client.GetPendingAsync(Key)));
        Assert.Empty(_paid);
    }

    [Fact]
    public async Task A_process_that_died_with_an_answer_that_is_not_the_last_has_it_shown_and_the_rest_waits()
    {
        var other = Asked with { RequestId = "run-1", ToolCallId = "c2" };
        await EndedAsync([new RunPausedRecord("run", [Asked, other]) { Timestamp = Time }]);
        await OrphanAsync("answering", 4, [new AnswerRecord("answering", "run-0", new ApprovalAnswer("run-0", true)) { Timestamp = Time }]);
        await using var silos = await RecoverAsync(new ScriptedModel());

        Assert.Equal(
            """
            begin {"session_id":"s1"}
            info {"msg":"approval-decided","request_id":"run-0","tool_call_id":"c1","tool_name":"pay","approved":true}
            end

            """,
            await silos.TranscriptAsync(Key));
        Assert.Equal(other, Assert.Single(await silos.Client.GetPendingAsync(Key)));
        Assert.Empty(_paid);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_approved_call_of_a_process_that_died_is_made_once_or_told_as_interrupted(bool hasBegun)
    {
        await EndedAsync([new RunPausedRecord("run", [Asked]) { Timestamp = Time }]);
        await OrphanAsync("next", 4, [
            new AnswerRecord("next", "run-0", new ApprovalAnswer("run-0", true)) { Timestamp = Time },
            new RunStartedRecord("next", "scripted", Continues: "run") { Timestamp = Time },
            .. hasBegun ? [new ToolStartedRecord("c1") { Timestamp = Time }] : Array.Empty<JournalRecord>()]);
        await using var silos = await RecoverAsync(new ScriptedModel([Step.Say("done")]));

        var said = await silos.TranscriptAsync(Key);

        Assert.Contains($"\"tool_call_id\":\"c1\",\"content\":\"{(hasBegun ? "interrupted" : "paid 5")}\"", said, StringComparison.Ordinal);
        Assert.EndsWith("\"event\":\"llm-end\"}\nend\n", said, StringComparison.Ordinal);
        Assert.Equal(hasBegun ? [] : ["paid 5"], _paid);
        Assert.Equal(new AnswerReceipt(0, "next"), await silos.Client.ApproveAsync(Key, "run-0"));
    }

    [Fact]
    public async Task A_continued_run_that_is_canceled_leaves_the_approved_call_interrupted()
    {
        await EndedAsync([new RunPausedRecord("run", [Asked]) { Timestamp = Time }]);
        var token = await OrphanAsync("next", 4, [
            new AnswerRecord("next", "run-0", new ApprovalAnswer("run-0", true)) { Timestamp = Time },
            new RunStartedRecord("next", "scripted", Continues: "run") { Timestamp = Time }]);
        Assert.True(await _log.CancelAsync(Key, CancelRequest.Of(token.RunId)));
        var model = new ScriptedModel([Step.Say("done")]);
        await using var silos = await RecoverAsync(model);
        await silos.TranscriptAsync(Key);

        await silos.RunAsync(Key, "and now?");

        Assert.Empty(_paid);
        Assert.Contains("interrupted", model.Requests.Single().Messages.SelectMany(message => message.Contents).OfType<Microsoft.Extensions.AI.FunctionResultContent>().Single().Result!.ToString(), StringComparison.Ordinal);
    }

    private static JournalRecord[] Started =>
    [
        new RunStartedRecord("run", "scripted") { Timestamp = Time },
        new RequestRecord(0, [new UserPromptPart("go") { Timestamp = Time }]) { Timestamp = Time },
        new ResponseRecord(0, new ModelResponse([new ToolCallPart("pay", "c1", System.Text.Json.JsonElement.Parse("""{"amount":5}"""))]) { Timestamp = Time }) { Timestamp = Time },
    ];

    /// <summary>The run paused, and its process brought its stream to the end.</summary>
    private async Task EndedAsync(JournalRecord[] rest)
    {
        var token = new RunToken(Key, "dead", "run");
        await _log.StartAsync(token);
        await _journal.AppendAsync(token, 0, [.. Started, .. rest]);
        await _log.FinishAsync(token, 1, [], TimeSpan.FromMinutes(1));
    }

    /// <summary>The run paused, or is about to, and its process died before it could say so.</summary>
    private async Task OrphanAsync(JournalRecord[] rest) => await OrphanAsync("run", 0, [.. Started, .. rest]);

    private async Task<RunToken> OrphanAsync(string runId, long version, JournalRecord[] records)
    {
        var token = new RunToken(Key, "dead", runId);
        await _log.StartAsync(token);
        await _journal.AppendAsync(token, version, records);
        await _log.RenewLeaseAsync("dead", TimeSpan.Zero);
        return token;
    }

    private async Task<TestSilos> RecoverAsync(ScriptedModel model)
    {
        var silos = await StartAsync(model);
        var watch = silos.Services.GetServices<IHostedService>().OfType<OrphanWatch>().Single();
        await Wait.Until(
            async () =>
            {
                await watch.LookAsync(CancellationToken.None);
                return (await _log.FindOwnedAsync("dead")).Count == 0;
            },
            "the run to be recovered");
        return silos;
    }

    private Task<TestSilos> StartAsync(ScriptedModel model) => TestSilos.StartAsync(
        null,
        model,
        _ => { },
        agent => agent.WithTool(Pay, "pay", requiresApproval: true),
        services => services.AddSingleton<IStreamStore>(_log).AddSingleton<ISessionJournal>(_journal));

    private string Pay(int amount)
    {
        _paid.Add($"paid {amount}");
        return _paid[^1];
    }
}
