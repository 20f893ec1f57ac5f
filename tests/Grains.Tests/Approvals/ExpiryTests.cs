using AgentStream.Grains.Expiry;
using AgentStream.Messages;
using AgentStream.TestTools;

namespace AgentStream.Grains.Tests.Approvals;

/// <summary>Calls that nobody answers in time count as denied, and the run continues.</summary>
public sealed class ExpiryTests
{
    private static readonly Step[] CallPay = [Step.Call("c1", "pay", ("amount", 5))];
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ExpiryStage _stage = new();

    [Fact]
    public async Task A_call_that_nobody_approves_in_time_is_denied_and_the_run_continues()
    {
        var model = new ScriptedModel(CallPay, [Step.Say("a pity")]);
        await using var silos = await _stage.StartAsync(model, Minute);
        var key = TestSilos.NewSession();
        var said = await silos.RunAsync(key);
        var request = Assert.Single(await silos.Client.GetPendingAsync(key));
        Assert.Equal(ExpiryStage.Start + Minute, request.ExpiresAt);
        Assert.EndsWith(
            $$$"""
            info {"msg":"approval-requested","request_id":"{{{request.RequestId}}}","tool_call_id":"c1","tool_name":"pay","args":{"amount":5},"expires_at":"2026-01-01T00:01:00Z"}
            end

            """,
            said,
            StringComparison.Ordinal);

        await _stage.ExpireAsync(silos, key, Minute);

        Assert.Equal(
            $$"""
            begin {"session_id":"{{key.Session}}"}
            info {"msg":"approval-decided","request_id":"{{request.RequestId}}","tool_call_id":"c1","tool_name":"pay","approved":false,"reason":"The call was not made: nobody approved it in time."}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","part_kind":"tool-return","tool_name":"pay","tool_call_id":"c1","content":"The call was not made: nobody approved it in time."}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"a pity"}
            event {"idx":0,"event":"answer"}
            event {"idx":0,"event":"llm-end"}
            end

            """,
            await silos.TranscriptAsync(key));
        Assert.Empty(_stage.Paid);
        Assert.Equal("The call was not made: nobody approved it in time.", ExpiryStage.ResultTo(model, "c1"));
        var history = ModelMessages.FromJson((await silos.Client.GetSessionAsync(key))!.Messages);
        Assert.Equal(ToolOutcome.Denied, Assert.Single(history.OfType<ModelRequest>().SelectMany(message => message.Parts).OfType<ToolReturnPart>()).Outcome);
        await Assert.ThrowsAsync<RequestAnsweredException>(() => silos.Client.ApproveAsync(key, request.RequestId));
        await Assert.ThrowsAsync<RequestAnsweredException>(() => silos.Client.DenyAsync(key, request.RequestId));

        // The next look finds nothing to do, and nothing is looked for any more.
        _stage.Time.Advance(ExpiryWatch.AgainAfter);
        await ExpiryStage.LookAsync(silos);
        await Wait.Until(() => _stage.Timers.List().Count == 0, "the index to forget the session");
        Assert.Equal(2, model.Requests.Count);
    }

    [Fact]
    public async Task A_call_that_the_client_does_not_carry_out_in_time_has_failed()
    {
        var model = new ScriptedModel([Step.Call("c1", "locate")], [Step.Say("a pity")]);
        await using var silos = await _stage.StartAsync(model, Minute);
        var key = TestSilos.NewSession();
        Assert.Contains("\"tool_name\":\"locate\",\"args\":{},\"expires_at\":\"2026-01-01T00:01:00Z\"}\nend\n", await silos.RunAsync(key), StringComparison.Ordinal);
        var request = Assert.Single(await silos.Client.GetPendingAsync(key));

        await _stage.ExpireAsync(silos, key, Minute);

        Assert.Contains($"info {{\"msg\":\"tool-answered\",\"request_id\":\"{request.RequestId}\"", await silos.TranscriptAsync(key), StringComparison.Ordinal);
        Assert.Contains("The call has no result: the client did not answer in time.", ExpiryStage.ResultTo(model, "c1"), StringComparison.Ordinal);
        var history = ModelMessages.FromJson((await silos.Client.GetSessionAsync(key))!.Messages);
        Assert.Equal(ToolOutcome.Failed, Assert.Single(history.OfType<ModelRequest>().SelectMany(message => message.Parts).OfType<ToolReturnPart>()).Outcome);
        await Assert.ThrowsAsync<RequestAnsweredException>(() => silos.Client.SubmitToolResultAsync(key, "c1", "17"));
    }

    [Fact]
    public async Task Nothing_expires_before_its_time()
    {
        await using var silos = await _stage.StartAsync(new ScriptedModel(CallPay, [Step.Say("done")]), Minute);
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);
        var request = Assert.Single(await silos.Client.GetPendingAsync(key));

        _stage.Time.Advance(Minute - TimeSpan.FromMilliseconds(1));
        await ExpiryStage.LookAsync(silos);

        // The grain looks at the journal, whatever the index says.
        Assert.Equal(request.ExpiresAt, await ExpiryStage.HandleAsync(silos, key));
        Assert.Equal(request, Assert.Single(await silos.Client.GetPendingAsync(key)));
        await silos.Client.ApproveAsync(key, request.RequestId);
        await silos.TranscriptAsync(key);
        Assert.Equal(["paid 5"], _stage.Paid);
    }

    [Fact]
    public async Task Silos_look_by_themselves()
    {
        await using var silos = await _stage.StartAsync(new ScriptedModel(CallPay, [Step.Say("a pity")]), Minute);
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);

        await Wait.Until(
            async () =>
            {
                _stage.Time.Advance(ExpiryWatch.LookEvery);
                return (await silos.Client.GetPendingAsync(key)).Count == 0;
            },
            "the request to expire");
        Assert.InRange(_stage.Time.GetUtcNow(), ExpiryStage.Start + Minute, DateTimeOffset.MaxValue);
        Assert.Contains("a pity", await silos.TranscriptAsync(key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_answered_in_time_counts_and_the_rest_expires_together()
    {
        var model = new ScriptedModel([Step.Call("c1", "pay", ("amount", 1)), Step.Call("c2", "pay", ("amount", 2)), Step.Call("c3", "locate")], [Step.Say("done")]);
        await using var silos = await _stage.StartAsync(model, Minute);
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);
        var requests = await silos.Client.GetPendingAsync(key);
        Assert.All(requests, request => Assert.Equal(ExpiryStage.Start + Minute, request.ExpiresAt));
        Assert.Equal(1, _stage.Timers.Sets);
        var receipt = await silos.Client.ApproveAsync(key, requests[1].RequestId);
        Assert.Equal(new AnswerReceipt(2, null), receipt);
        await silos.TranscriptAsync(key);

        await _stage.ExpireAsync(silos, key, Minute);

        Assert.StartsWith(
            $$"""
            begin {"session_id":"{{key.Session}}"}
            info {"msg":"approval-decided","request_id":"{{requests[0].RequestId}}","tool_call_id":"c1","tool_name":"pay","approved":false,"reason":"The call was not made: nobody approved it in time."}
            info {"msg":"tool-answered","request_id":"{{requests[2].RequestId}}","tool_call_id":"c3","tool_name":"locate"}
            event {"idx":0,"event":"llm-begin"}

            """,
            await silos.TranscriptAsync(key),
            StringComparison.Ordinal);
        Assert.Equal(["paid 2"], _stage.Paid);
        Assert.Equal("paid 2", ExpiryStage.ResultTo(model, "c2"));
        Assert.Equal(receipt, await silos.Client.ApproveAsync(key, requests[1].RequestId));
    }

    [Fact]
    public async Task An_answer_that_the_journal_has_first_wins()
    {
        _stage.Timers.IsBlind = true;
        await using var silos = await _stage.StartAsync(new ScriptedModel(CallPay, [Step.Say("done")]), Minute);
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);
        _stage.Time.Advance(Minute * 2);

        // Nobody has looked yet.
        await silos.Client.ApproveAsync(key, Assert.Single(await silos.Client.GetPendingAsync(key)).RequestId);
        Assert.Contains("\"content\":\"paid 5\"", await silos.TranscriptAsync(key), StringComparison.Ordinal);
        _stage.Timers.IsBlind = false;
        await ExpiryStage.LookAsync(silos);
        await Wait.Until(() => _stage.Timers.List().Count == 0, "the index to forget the session");
    }

    [Fact]
    public async Task Without_the_setting_nothing_is_written_and_nothing_expires()
    {
        await using var silos = await _stage.StartAsync(new ScriptedModel(CallPay), timeout: null);
        var key = TestSilos.NewSession();
        Assert.DoesNotContain("expires_at", await silos.RunAsync(key), StringComparison.Ordinal);

        _stage.Time.Advance(TimeSpan.FromDays(1));
        await ExpiryStage.LookAsync(silos);

        Assert.Null(Assert.Single(await silos.Client.GetPendingAsync(key)).ExpiresAt);
        Assert.Equal(0, _stage.Timers.Sets);
    }

    [Theory]
    [InlineData(60, 120, 120)]
    [InlineData(null, 120, 120)]
    [InlineData(60, -1, null)]
    public async Task An_agent_may_have_a_time_of_its_own(int? setting, int own, int? expected)
    {
        var timeout = own < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(own);
        await using var silos = await _stage.StartAsync(
            new ScriptedModel(CallPay), setting is { } seconds ? TimeSpan.FromSeconds(seconds) : null, agent => agent.WithApprovalTimeout(timeout));
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);
        Assert.Equal(expected is { } after ? ExpiryStage.Start.AddSeconds(after) : null, Assert.Single(await silos.Client.GetPendingAsync(key)).ExpiresAt);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(366L * 24 * 3600 * 1000)]
    public void A_time_out_of_bounds_is_refused(long milliseconds)
    {
        var timeout = TimeSpan.FromMilliseconds(milliseconds);
        Assert.Throws<ArgumentOutOfRangeException>(() => new AgentBuilder().WithApprovalTimeout(timeout));
        Assert.Equal(
            [$"AgentStream:ApprovalTimeout must be from 00:00:01 to 365.00:00:00, but is '{timeout}'."],
            new AgentStreamOptionsValidator().Validate(null, new AgentStreamOptions { ApprovalTimeout = timeout }).Failures);
        Assert.True(new AgentStreamOptionsValidator().Validate(null, new AgentStreamOptions { ApprovalTimeout = TimeSpan.FromDays(365) }).Succeeded);
    }

    [Fact]
    public async Task A_session_that_is_deleted_leaves_the_index()
    {
        await using var silos = await _stage.StartAsync(new ScriptedModel(CallPay), Minute);
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);
        Assert.Equal([key], _stage.Timers.List());
        await silos.Client.DeleteSessionAsync(key);
        Assert.Empty(_stage.Timers.List());
    }

    [Fact]
    public async Task A_new_prompt_declines_and_the_time_of_the_call_before_it_does_nothing_to_the_next()
    {
        var model = new ScriptedModel(CallPay, CallPay, [Step.Say("a pity")]);
        await using var silos = await _stage.StartAsync(model, Minute);
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);
        _stage.Time.Advance(Minute / 2);
        await silos.RunAsync(key, "something else");

        _stage.Time.Advance(Minute / 2);
        await ExpiryStage.LookAsync(silos);
        Assert.Equal(ExpiryStage.Start + (Minute * 1.5), Assert.Single(await silos.Client.GetPendingAsync(key)).ExpiresAt);

        await _stage.ExpireAsync(silos, key, Minute / 2);
        Assert.Contains("a pity", await silos.TranscriptAsync(key), StringComparison.Ordinal);
    }
}
