using AgentStream.Grains.Tests.Queue;
using AgentStream.Storage;
using AgentStream.Storage.Queue;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Limits;

/// <summary>What users and scopes may use, on a silo without and with Redis.</summary>
public sealed class LimitTests
{
    private static readonly UserKey Anna = new("acme", "anna");
    private static readonly UserKey Ben = new("acme", "ben");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_user_with_as_many_runs_as_may_be_starts_no_more_and_another_user_does(bool withRedis)
    {
        var gate = new Gate();
        var model = new ScriptedModel([new Step.Pause(gate)], [new Step.Pause(gate)], [new Step.Pause(gate)], [Step.Say("one")]);
        await using var silos = await StartAsync(withRedis, model, options => options.Limits.PerUser.LiveRuns = 2);
        await silos.Client.StartAsync(Anna.Session("a"), new RunRequest("go"));
        await silos.Client.StartAsync(Anna.Session("b"), new RunRequest("go"));

        var error = await Assert.ThrowsAsync<LimitExceededException>(() => silos.Client.StartAsync(Anna.Session("c"), new RunRequest("go")));
        Assert.Equal("The limit of 2 runs at a time for a user is reached. Try again in 5 s.", error.Message);
        Assert.Null(await silos.Client.GetSessionAsync(Anna.Session("c")));
        await silos.Client.StartAsync(Ben.Session("a"), new RunRequest("go"));
        Assert.Equal(new(LimitNames.LiveRuns, LimitTarget.User, 2, 2), Assert.Single(await silos.Client.GetLimitsAsync(Anna), limit => limit.Name == LimitNames.LiveRuns));

        // What only changes a session needs no room.
        await silos.Client.ImportMessagesAsync(Anna.Session("d"), "[]"u8.ToArray());
        await silos.Client.DeleteSessionAsync(Anna.Session("d"));

        gate.Open();
        await silos.TranscriptAsync(Anna.Session("a"));
        await silos.RunAsync(Anna.Session("c"));
    }

    [Fact]
    public async Task A_waiting_prompt_starts_when_its_user_has_room()
    {
        var gate = new Gate();
        var queue = new SpyQueue();
        await using var silos = await StartAsync(false, new ScriptedModel([new Step.Pause(gate)], [Step.Say("two")]), options => options.Limits.PerUser.LiveRuns = 1, services: queue.AddTo);
        var store = silos.Services.GetRequiredService<IStreamStore>();
        await silos.Client.StartAsync(Anna.Session("a"), new RunRequest("1"));
        await gate.ReachedAsync();
        var waiting = await silos.Client.StartAsync(Anna.Session("a"), new RunRequest("2", OnBusy: BusySessionBehavior.Queue));

        // Another silo's run, which was there before there were limits.
        var other = new RunToken(Anna.Session("b"), "other", "run");
        await store.StartAsync(other);
        gate.Open();
        await Wait.Until(() => queue.Finds > 0);
        await Wait.Until(async () => (await store.FindRunAsync(Anna.Session("a")))!.HasEnded);
        Assert.Equal(1, (await silos.Client.GetSessionAsync(Anna.Session("a")))!.QueuedPrompts);

        await store.FinishAsync(other, 1, [], TimeSpan.Zero);
        await Wait.Until(async () => await store.FindRunAsync(Anna.Session("a")) is { HasEnded: true } last && last.Run.RunId == waiting.RunId);
        Assert.Equal(0, (await silos.Client.GetSessionAsync(Anna.Session("a")))!.QueuedPrompts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_user_sends_so_many_prompts_a_minute_and_one_that_is_sent_again_is_none_more(bool withRedis)
    {
        var model = new ScriptedModel([Step.Say("one")], [Step.Say("two")], [Step.Say("three")]);
        var time = new ManualTimeProvider(new DateTimeOffset(2026, 3, 4, 12, 0, 20, TimeSpan.Zero));
        await using var silos = await StartAsync(withRedis, model, options => options.Limits.PerUser.PromptsPerMinute = 2, time);
        var known = new RunRequest("go", IdempotencyKey: "key");
        await silos.Client.StartAsync(Anna.Session("a"), known);
        await silos.Client.StartAsync(Anna.Session("b"), new RunRequest("go"));
        await silos.Client.StartAsync(Anna.Session("a"), known);
        var error = await Assert.ThrowsAsync<LimitExceededException>(() => silos.Client.StartAsync(Anna.Session("c"), new RunRequest("go")));
        Assert.Equal("The limit of 2 prompts a minute for a user is reached. Try again in 40 s.", error.Message);

        var limit = Assert.Single(await silos.Client.GetLimitsAsync(Anna), limit => limit.Name == LimitNames.PromptsPerMinute);
        Assert.Equal(new(LimitNames.PromptsPerMinute, LimitTarget.User, 2, 2, new DateTimeOffset(2026, 3, 4, 12, 1, 0, TimeSpan.Zero)), limit);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_user_without_tokens_ends_at_the_next_request_to_the_model_and_sends_no_prompt(bool withRedis)
    {
        var model = new ScriptedModel(
            [Step.Call("c1", "now"), new Step.Give(new UsageContent(new UsageDetails { InputTokenCount = 70, OutputTokenCount = 30 }))],
            [Step.Say("never")]);
        await using var silos = await StartAsync(withRedis, model, options => options.Limits.PerUser.TokensPerDay = 100, services: host => host.AddRunClock(new ManualTimeProvider()));
        var transcript = await silos.RunAsync(Anna.Session("a"));
        Assert.Contains("The limit of 100 tokens a day for a user is reached.", transcript, StringComparison.Ordinal);
        Assert.Contains("\"reason\":\"limit\"", transcript, StringComparison.Ordinal);
        Assert.Single(model.Requests);

        var error = await Assert.ThrowsAsync<LimitExceededException>(() => silos.Client.StartAsync(Anna.Session("b"), new RunRequest("go")));
        Assert.Equal((LimitNames.TokensPerDay, 100), (error.Limit, error.Allowed));
        Assert.True(error.RetryAfter > TimeSpan.Zero);
        Assert.Equal(100, Assert.Single(await silos.Client.GetLimitsAsync(Anna), limit => limit.Name == LimitNames.TokensPerDay).Used);
    }

    [Fact]
    public async Task A_user_has_so_many_prompts_waiting_in_all_sessions()
    {
        var gate = new Gate();
        await using var silos = await StartAsync(false, new ScriptedModel([new Step.Pause(gate)], [new Step.Pause(gate)]), options => options.Limits.PerUser.QueuedPrompts = 2);
        await silos.Client.StartAsync(Anna.Session("a"), new RunRequest("go"));
        await silos.Client.StartAsync(Anna.Session("b"), new RunRequest("go"));
        var waiting = new RunRequest("go", OnBusy: BusySessionBehavior.Queue);
        await silos.Client.StartAsync(Anna.Session("a"), waiting);
        await silos.Client.StartAsync(Anna.Session("b"), waiting);
        var error = await Assert.ThrowsAsync<LimitExceededException>(() => silos.Client.StartAsync(Anna.Session("b"), waiting));
        Assert.Equal("The limit of 2 waiting prompts for a user is reached. Try again in 5 s.", error.Message);
        Assert.Equal(2, Assert.Single(await silos.Client.GetLimitsAsync(Anna), limit => limit.Name == LimitNames.QueuedPrompts).Used);
        Assert.Equal(new UsageCount(2, 2), await silos.Services.GetRequiredService<IPromptQueue>().CountAsync(Anna));
    }

    private static async Task<TestSilos> StartAsync(bool withRedis, ScriptedModel model, Action<AgentStreamOptions> options, TimeProvider? time = null, Action<IServiceCollection>? services = null) => await TestSilos.StartAsync(
        withRedis ? (await RedisServer.SharedAsync()).Configuration : null,
        model,
        options,
        agent => agent.WithTool(() => "noon", "now"),
        host =>
        {
            services?.Invoke(host);
            if (time is not null)
            {
                host.AddSingleton(time);
            }
        });
}
