using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.Ownership;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Approvals;

/// <summary>Calls that a person has to allow.</summary>
public sealed class ApprovalTests
{
    private static readonly Step[] CallPay = [Step.Call("c1", "pay", ("amount", 5))];

    private readonly List<string> _paid = [];

    [Fact]
    public async Task A_call_that_needs_approval_waits_and_the_others_of_its_response_are_made_at_once()
    {
        await using var silos = await StartAsync(new ScriptedModel([Step.Call("c1", "pay", ("amount", 5)), Step.Call("c2", "look")]));
        var key = TestSilos.NewSession();

        var said = await silos.RunAsync(key);

        var request = Assert.Single(await silos.Client.GetPendingAsync(key));
        Assert.Equal((PendingRequestKind.Approval, "c1", "pay", """{"amount":5}"""), (request.Kind, request.ToolCallId, request.ToolName, request.Arguments));
        Assert.EndsWith(
            $$$"""
            event {"idx":0,"event":"llm-end"}
            info {"msg":"approval-requested","request_id":"{{{request.RequestId}}}","tool_call_id":"c1","tool_name":"pay","args":{"amount":5}}
            end

            """,
            said,
            StringComparison.Ordinal);
        Assert.Equal(["looked"], _paid);

        // Nothing is held.
        Assert.False(await silos.Client.IsLiveAsync(key));
        Assert.Empty(await silos.Services.GetRequiredService<IStreamStore>().FindOwnedAsync(silos.Services.GetRequiredService<SiloIdentity>().Id));
        Assert.False(await silos.Client.CancelAsync(key));
        Assert.Null((await silos.Client.GetSessionAsync(key))!.Error);
    }

    [Fact]
    public async Task An_approved_call_is_made_and_its_result_opens_the_next_node()
    {
        var model = new ScriptedModel(CallPay, [Step.Say("done")]);
        await using var silos = await StartAsync(model);
        var (key, request) = await AskedAsync(silos);

        var receipt = await silos.Client.ApproveAsync(key, request.RequestId);

        Assert.Equal(0, receipt.Pending);
        Assert.Equal(
            $$"""
            begin {"session_id":"{{key.Session}}"}
            info {"msg":"approval-decided","request_id":"{{request.RequestId}}","tool_call_id":"c1","tool_name":"pay","approved":true}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","part_kind":"tool-return","tool_name":"pay","tool_call_id":"c1","content":"paid 5"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"done"}
            event {"idx":0,"event":"answer"}
            event {"idx":0,"event":"llm-end"}
            end

            """,
            await silos.TranscriptAsync(key));
        Assert.Equal(["paid 5"], _paid);
        Assert.Equal(["go", "", "done"], MessagesOf(await HistoryAsync(silos, key)));
        Assert.Empty(await silos.Client.GetPendingAsync(key));
        var last = (await silos.Client.GetSessionAsync(key))!.Run!;
        Assert.Equal((receipt.RunId, "go"), (last.RunId, last.Prompt));
    }

    [Fact]
    public async Task A_declined_call_is_not_made_and_the_model_is_told_why()
    {
        var model = new ScriptedModel(CallPay, [Step.Say("a pity")]);
        await using var silos = await StartAsync(model);
        var (key, request) = await AskedAsync(silos);

        await silos.Client.DenyAsync(key, request.RequestId, "too dear");

        Assert.Contains("\"part_kind\":\"tool-return\",\"tool_name\":\"pay\",\"tool_call_id\":\"c1\",\"content\":\"too dear\"", await silos.TranscriptAsync(key), StringComparison.Ordinal);
        Assert.Empty(_paid);
        Assert.Equal("too dear", ResultTo(model, "c1"));
        Assert.Equal(ToolOutcome.Denied, Assert.Single((await HistoryAsync(silos, key)).OfType<ModelRequest>().SelectMany(message => message.Parts).OfType<ToolReturnPart>()).Outcome);
    }

    [Fact]
    public async Task Parallel_calls_with_one_approval_each_continue_with_the_last_answer_and_none_is_lost()
    {
        var model = new ScriptedModel([Step.Call("c1", "pay", ("amount", 1)), Step.Call("c2", "pay", ("amount", 2)), Step.Call("c3", "look")], [Step.Say("done")]);
        await using var silos = await StartAsync(model);
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);
        var requests = await silos.Client.GetPendingAsync(key);
        Assert.Equal(["c1", "c2"], requests.Select(request => request.ToolCallId));

        Assert.Equal(new AnswerReceipt(1, null), await silos.Client.ApproveAsync(key, requests[1].RequestId));
        Assert.Equal(["looked"], _paid);
        Assert.Equal(requests[0], Assert.Single(await silos.Client.GetPendingAsync(key)));
        Assert.Equal(
            $$"""
            begin {"session_id":"{{key.Session}}"}
            info {"msg":"approval-decided","request_id":"{{requests[1].RequestId}}","tool_call_id":"c2","tool_name":"pay","approved":true}
            end

            """,
            await silos.TranscriptAsync(key));

        var last = await silos.Client.DenyAsync(key, requests[0].RequestId);
        Assert.Equal(0, last.Pending);
        await silos.TranscriptAsync(key);
        Assert.Equal(["looked", "paid 2"], _paid);
        Assert.Equal(["The tool call was denied.", "paid 2", "looked"], new[] { "c1", "c2", "c3" }.Select(id => ResultTo(model, id)));
    }

    [Fact]
    public async Task The_same_answer_again_gets_the_same_and_another_is_refused()
    {
        await using var silos = await StartAsync(new ScriptedModel(CallPay, [Step.Say("done")]));
        var (key, request) = await AskedAsync(silos);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => silos.Client.ApproveAsync(key, request.RequestId)));
        await silos.TranscriptAsync(key);

        Assert.Single(answers.Distinct());
        Assert.Equal(answers[0], await silos.Client.ApproveAsync(key, request.RequestId));
        await Assert.ThrowsAsync<RequestAnsweredException>(() => silos.Client.DenyAsync(key, request.RequestId));
        await Assert.ThrowsAsync<RequestAnsweredException>(() => silos.Client.ApproveAsync(key, request.RequestId, """{"amount":6}"""));
        Assert.Equal(["paid 5"], _paid);
        await Assert.ThrowsAsync<UnknownRequestException>(() => silos.Client.ApproveAsync(key, "nothing"));
        await Assert.ThrowsAsync<UnknownRequestException>(() => silos.Client.SubmitToolResultAsync(key, "c1", "1"));
    }

    [Fact]
    public async Task A_new_prompt_declines_what_is_open_and_a_stale_approval_resolves_no_newer_call()
    {
        var model = new ScriptedModel(CallPay, CallPay, [Step.Say("done")]);
        await using var silos = await StartAsync(model);
        var (key, stale) = await AskedAsync(silos);
        await silos.RunAsync(key, "something else");

        var request = Assert.Single(await silos.Client.GetPendingAsync(key));
        Assert.Equal(stale.ToolCallId, request.ToolCallId);
        await Assert.ThrowsAsync<UnknownRequestException>(() => silos.Client.ApproveAsync(key, stale.RequestId));
        Assert.Empty(_paid);
        Assert.Equal("The call was not made: the user sent a new message instead of answering.", ResultTo(model, "c1"));
        Assert.Equal("something else", model.Requests.Last().Messages[^1].Text);

        await silos.Client.ApproveAsync(key, request.RequestId);
        await silos.TranscriptAsync(key);
        Assert.Equal(["paid 5"], _paid);
    }

    [Fact]
    public async Task Calls_of_the_same_id_in_the_next_response_need_an_approval_of_their_own()
    {
        await using var silos = await StartAsync(new ScriptedModel(CallPay, CallPay, [Step.Say("done")]));
        var (key, first) = await AskedAsync(silos);
        var receipt = await silos.Client.ApproveAsync(key, first.RequestId);
        await silos.TranscriptAsync(key);

        var second = Assert.Single(await silos.Client.GetPendingAsync(key));
        Assert.NotEqual(first.RequestId, second.RequestId);
        Assert.Equal(["paid 5"], _paid);

        // Both are of this turn, so the first one's answer is still known.
        Assert.Equal(receipt, await silos.Client.ApproveAsync(key, first.RequestId));
        await silos.Client.ApproveAsync(key, second.RequestId);
        await silos.TranscriptAsync(key);
        Assert.Equal(["paid 5", "paid 5"], _paid);
    }

    [Fact]
    public async Task Arguments_can_be_changed_and_the_model_is_told_what_was_executed()
    {
        var model = new ScriptedModel(CallPay, [Step.Say("done")]);
        await using var silos = await StartAsync(model);
        var (key, request) = await AskedAsync(silos);
        Assert.Equal("args/amount", (await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.ApproveAsync(key, request.RequestId, """{"amount":"five"}"""))).Field);
        Assert.Equal("args", (await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.ApproveAsync(key, request.RequestId, "{}"))).Field);
        Assert.Equal("args", (await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.ApproveAsync(key, request.RequestId, "[1]"))).Field);
        Assert.Equal("args", (await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.ApproveAsync(key, request.RequestId, "{"))).Field);
        Assert.Equal(request, Assert.Single(await silos.Client.GetPendingAsync(key)));

        await silos.Client.ApproveAsync(key, request.RequestId, """{"amount":3}""");
        await silos.TranscriptAsync(key);

        Assert.Equal(["paid 3"], _paid);
        Assert.Equal("""{"executed_with_arguments":{"amount":3},"result":"paid 3"}""", ResultTo(model, "c1"));
    }

    [Theory]
    [InlineData(ApprovalMemory.Call, 5, 0)]
    [InlineData(ApprovalMemory.Call, 6, 1)]
    [InlineData(ApprovalMemory.Tool, 6, 0)]
    [InlineData(ApprovalMemory.None, 5, 1)]
    public async Task A_permission_for_later_calls_counts_for_just_those_and_can_be_taken_back(ApprovalMemory memory, int nextAmount, int requests)
    {
        var model = new ScriptedModel(CallPay, [Step.Call("c2", "pay", ("amount", nextAmount))], [Step.Say("done")], CallPay, [Step.Say("done")]);
        await using var silos = await StartAsync(model);
        var (key, request) = await AskedAsync(silos);
        await silos.Client.ApproveAsync(key, request.RequestId, memory: memory);
        await silos.TranscriptAsync(key);

        Assert.Equal(requests, (await silos.Client.GetPendingAsync(key)).Count);
        Assert.Equal(2 - requests, _paid.Count);
        var rules = (await silos.Client.GetSessionAsync(key))!.Rules;
        if (memory == ApprovalMemory.None)
        {
            Assert.Empty(rules);
            return;
        }

        Assert.Equal(new ApprovalRule(request.RequestId, "pay", memory == ApprovalMemory.Call ? """{"amount":5}""" : null), Assert.Single(rules));
        Assert.True(await silos.Client.RevokeRuleAsync(key, request.RequestId));
        Assert.False(await silos.Client.RevokeRuleAsync(key, request.RequestId));
        Assert.Empty((await silos.Client.GetSessionAsync(key))!.Rules);
    }

    [Fact]
    public async Task A_queued_prompt_waits_until_the_turn_before_it_is_over()
    {
        var gate = new Gate();
        await using var silos = await StartAsync(new ScriptedModel([.. CallPay, new Step.Pause(gate)], [Step.Say("done")], [Step.Say("second")]));
        var key = TestSilos.NewSession();
        var first = silos.RunAsync(key);
        await gate.ReachedAsync();
        var waiting = await silos.Client.StartAsync(key, new RunRequest("next", OnBusy: BusySessionBehavior.Queue));
        gate.Open();
        await first;

        // As its silo would, again and again.
        await silos.Cluster.Client.GetGrain<ISessionGrain>(key.ToString()).StartWaitingAsync();
        await silos.Client.ApproveAsync(key, Assert.Single(await silos.Client.GetPendingAsync(key)).RequestId);
        var events = new List<string>();
        await foreach (var entry in silos.Client.FollowAsync(key, waiting))
        {
            events.Add(System.Text.Encoding.UTF8.GetString(entry.Body.Span));
        }

        Assert.Contains(events, said => said.Contains("second", StringComparison.Ordinal));
        Assert.Equal(["paid 5"], _paid);
    }

    private static async Task<(SessionKey Key, PendingRequest Request)> AskedAsync(TestSilos silos)
    {
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);
        return (key, Assert.Single(await silos.Client.GetPendingAsync(key)));
    }

    private static string? ResultTo(ScriptedModel model, string callId) =>
        model.Requests.Last().Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Last(result => result.CallId == callId).Result?.ToString();

    private static async Task<IReadOnlyList<ModelMessage>> HistoryAsync(TestSilos silos, SessionKey key) =>
        ModelMessages.FromJson((await silos.Client.GetSessionAsync(key))!.Messages);

    private static IEnumerable<string> MessagesOf(IReadOnlyList<ModelMessage> messages) => messages.Where(message => message is ModelResponse or ModelRequest { Parts: [UserPromptPart, ..] })
        .Select(message => message is ModelRequest request ? request.Parts.OfType<UserPromptPart>().Single().Text : string.Concat(((ModelResponse)message).Parts.OfType<TextPart>().Select(part => part.Content)));

    private string Pay(int amount) => Do($"paid {amount}");

    private string Do(string what)
    {
        lock (_paid)
        {
            _paid.Add(what);
            return what;
        }
    }

    private Task<TestSilos> StartAsync(ScriptedModel model) => TestSilos.StartAsync(
        null, model, _ => { }, agent => agent.WithTool(Pay, "pay", requiresApproval: true).WithTool(() => Do("looked"), "look"));
}
