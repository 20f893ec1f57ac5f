using System.Text;
using AgentStream.Grains.Recovery;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Grains.Tests.Access;

/// <summary>Agents and tools that are for some users only, and what an agent knows of its user.</summary>
public sealed class PolicyTests : IDisposable
{
    private static readonly Step[] CallRefund = [Step.Call("c1", "refund", ("amount", 5))];

    private readonly PolicyStage _stage = new();
    private readonly SessionKey _key = TestSilos.NewSession();

    public void Dispose() => _stage.Dispose();

    [Fact]
    public async Task A_tool_is_there_for_who_meets_its_policy_and_knows_of_the_user_what_the_agent_asked_for()
    {
        var model = new ScriptedModel(CallRefund, [Step.Say("done")]);
        await using var silos = await _stage.StartAsync(model);

        await RunAsync(silos, PolicyStage.Anna, PolicyStage.MayRefund, PolicyStage.Secret);

        Assert.Equal(["refund", "weather"], ToolsOf(model));
        Assert.Equal(["5 by anna@example.com (1)"], _stage.Refunds);
        var journal = string.Join('\n', (await _stage.Journal.ReadAsync(_key, 0)).Select(record => Encoding.UTF8.GetString(JournalRecordJson.Write(record))));
        Assert.Contains("\"caller\":{\"claims\":[{\"type\":\"email\",\"value\":\"anna@example.com\"}],\"policies\":[\"refunds\"]}", journal, StringComparison.Ordinal);
        Assert.DoesNotContain(PolicyStage.Secret.Value, journal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task For_all_others_the_tool_is_not_there_even_if_the_model_calls_it(bool isAuthenticated)
    {
        var model = new ScriptedModel(CallRefund, [Step.Say("a pity")]);
        await using var silos = await _stage.StartAsync(model);

        await silos.Client.StartAsync(_key, new RunRequest("go", Claims: isAuthenticated ? [PolicyStage.Anna] : null));
        await silos.TranscriptAsync(_key);

        Assert.Equal(["weather"], ToolsOf(model));
        Assert.Empty(_stage.Refunds);
    }

    [Fact]
    public async Task An_agent_that_is_for_others_is_refused_and_nothing_is_kept()
    {
        await using var silos = await _stage.StartAsync(new ScriptedModel([Step.Say("hello")]), agent => agent.RequirePolicy("staff").RequirePolicy("refunds"));

        var refusal = await Assert.ThrowsAsync<PolicyNotMetException>(() => silos.Client.StartAsync(_key, new RunRequest("go", Claims: [PolicyStage.MayRefund])));

        Assert.Equal(("scripted", "staff"), (refusal.Agent, refusal.Policy));
        Assert.Null(await silos.Client.GetSessionAsync(_key));
        await RunAsync(silos, PolicyStage.MayRefund, new UserClaim("may", "staff"));
        Assert.NotNull(await silos.Client.GetSessionAsync(_key));
    }

    [Fact]
    public async Task Instructions_may_depend_on_the_user()
    {
        var model = new ScriptedModel([Step.Say("hello")]);
        await using var silos = await _stage.StartAsync(model, agent => agent.WithInstructions(deps => $"You help {deps.FindClaim("email")} of {deps.Key.Scope}."));

        await RunAsync(silos, PolicyStage.Anna);

        Assert.Equal("You help anna@example.com of 1.", model.Requests.Single().Options!.Instructions);
    }

    [Fact]
    public async Task A_prompt_that_waited_has_the_user_that_it_came_with()
    {
        var gate = new Gate();
        var model = new ScriptedModel([new Step.Pause(gate), Step.Say("first")], CallRefund, [Step.Say("done")]);
        await using var silos = await _stage.StartAsync(model);
        await silos.Client.StartAsync(_key, new RunRequest("first"));
        await gate.ReachedAsync();

        var next = await silos.Client.StartAsync(_key, new RunRequest("second", OnBusy: BusySessionBehavior.Queue, Claims: [PolicyStage.Anna, PolicyStage.MayRefund]));
        var following = silos.Client.FollowAsync(_key, next).ToListAsync();
        gate.Open();
        await following;

        Assert.Equal(["5 by anna@example.com (1)"], _stage.Refunds);
    }

    [Fact]
    public async Task A_prompt_of_a_user_who_may_more_than_when_the_run_began_joins_it_not()
    {
        var gate = new Gate();
        var model = new ScriptedModel([new Step.Pause(gate), Step.Call("c1", "weather")], [Step.Say("first")], [Step.Say("second")]);
        await using var silos = await _stage.StartAsync(model);
        await silos.Client.StartAsync(_key, new RunRequest("first"));
        await gate.ReachedAsync();

        var next = await silos.Client.StartAsync(_key, new RunRequest("second", OnBusy: BusySessionBehavior.Steer, Claims: [PolicyStage.MayRefund]));
        var following = silos.Client.FollowAsync(_key, next).ToListAsync();
        gate.Open();

        Assert.NotEmpty(await following);
        Assert.Equal(["weather", "weather", "refund,weather"], model.Requests.Select(request => string.Join(',', request.Options!.Tools!.Select(tool => tool.Name))));
    }

    [Fact]
    public async Task A_run_that_continues_in_another_process_has_the_user_that_it_began_with()
    {
        var token = new RunToken(_key, "dead", "run");
        var now = DateTimeOffset.UtcNow;
        await _stage.Log.StartAsync(token);
        await _stage.Journal.AppendAsync(token, 0,
        [
            new RunStartedRecord("run", "scripted") { Timestamp = now, Caller = new([PolicyStage.Anna], ["refunds"]) },
            new RequestRecord(0, [new UserPromptPart("go") { Timestamp = now }]) { Timestamp = now },
        ]);
        await _stage.Log.RenewLeaseAsync("dead", TimeSpan.Zero);
        await using var silos = await _stage.StartAsync(new ScriptedModel(CallRefund, [Step.Say("done")]));
        await silos.Services.GetServices<IHostedService>().OfType<OrphanWatch>().Single().LookAsync(CancellationToken.None);

        await silos.TranscriptAsync(_key);

        Assert.Equal(["5 by anna@example.com (1)"], _stage.Refunds);
    }

    [Fact]
    public async Task A_run_that_waited_for_a_person_has_the_user_that_it_began_with()
    {
        Action<AgentBuilder> asking = agent => agent.RequirePolicy("refunds", "refund").WithApproval((_, _) => new(ApprovalVerdict.AskUser));
        await using (var first = await _stage.StartAsync(new ScriptedModel(CallRefund), asking))
        {
            await RunAsync(first, PolicyStage.Anna, PolicyStage.MayRefund);
        }

        await using var silos = await _stage.StartAsync(new ScriptedModel([Step.Say("done")]), asking);
        await silos.Client.ApproveAsync(_key, Assert.Single(await silos.Client.GetPendingAsync(_key)).RequestId);
        await silos.TranscriptAsync(_key);

        Assert.Equal(["5 by anna@example.com (1)"], _stage.Refunds);
    }

    [Fact]
    public async Task Claims_without_bounds_are_refused()
    {
        await using var silos = await _stage.StartAsync(new ScriptedModel());
        var refusal = await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.StartAsync(_key, new RunRequest("go", Claims: [new("groups", new string('x', RunRequestRules.MaxClaimsLength))])));
        Assert.Equal("claims", refusal.Field);
    }

    [Theory]
    [InlineData("forgotten", "refund", true, "Agent 'scripted' requires the policy 'forgotten', which is not registered: add it with AddAuthorization.")]
    [InlineData("forgotten", null, true, "Agent 'scripted' requires the policy 'forgotten', which is not registered: add it with AddAuthorization.")]
    [InlineData("refunds", "refnd", true, "Agent 'scripted' requires the policy 'refunds' for the tool 'refnd', which it does not have.")]
    [InlineData("refunds", "refund", false, "Agent 'scripted' requires the policy 'refunds', and this program knows no policies: register an IPolicyEvaluator, or be a web application.")]
    public async Task A_policy_that_would_never_be_asked_stops_the_start(string policy, string? tool, bool hasPolicies, string error)
    {
        var refusal = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using var silos = await _stage.StartAsync(new ScriptedModel(), agent => agent.RequirePolicy(policy, tool is null ? [] : [tool]), hasPolicies: hasPolicies);
        });
        Assert.Contains(error, refusal.ToString(), StringComparison.Ordinal);
    }

    private static IEnumerable<string> ToolsOf(ScriptedModel model) => model.Requests.First().Options!.Tools!.Select(tool => tool.Name);

    private async Task RunAsync(TestSilos silos, params UserClaim[] claims)
    {
        await silos.Client.StartAsync(_key, new RunRequest("go", Claims: claims));
        await silos.TranscriptAsync(_key);
    }
}
