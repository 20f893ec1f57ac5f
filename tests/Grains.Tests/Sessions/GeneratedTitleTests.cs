using System.Text;
using AgentStream.Grains.Sessions;
using AgentStream.Grains.Tests.Tools;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Tests.Sessions;

/// <summary>An agent's model gives a session a title, beside its runs.</summary>
public sealed class GeneratedTitleTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(50);

    private readonly SessionKey _key = new("1", $"u{Guid.NewGuid():N}", SessionKey.NewSessionId());
    private readonly InMemoryJournal _journal = new();
    private readonly Entries _log = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_its_first_run_a_session_gets_a_title_of_the_model_once(bool inRedis)
    {
        var model = new ScriptedModel([Step.Say("It is 84.")], [Step.Say("\"Sums in"), Step.Say(" the head\"\nmore")], [Step.Say("again")], [Step.Say("no")]);
        await using var silos = await StartAsync(model, inRedis);
        await RunAsync(silos, _key, "what is 12*7?");
        await TitleAsync(silos, "Sums in the head");
        Assert.Equal("Sums in the head", Assert.Single(await silos.Client.ListSessionsAsync(_key.UserKey)).Title);
        var (messages, options) = model.Requests.ElementAt(1);
        Assert.Contains("what is 12*7?", Assert.Single(messages).Text, StringComparison.Ordinal);
        Assert.Contains("It is 84.", messages[0].Text, StringComparison.Ordinal);
        Assert.Equal((null, null, "small"), (options!.Tools, options.Instructions, options.ModelId));
        Assert.InRange(options.MaxOutputTokens!.Value, 1, 1_000);

        // Nothing of it is in the history, and nobody asks again.
        await RunAsync(silos, _key, "sure?");
        Assert.Equal(["what is 12*7?", "It is 84.", "sure?"], model.Requests.ElementAt(2).Messages.Select(message => message.Text));
        Assert.True(await silos.Client.RenameSessionAsync(_key, "Mine"));
        Assert.Equal(3, model.Requests.Count);
        Assert.Equal("Mine", (await silos.Client.GetSessionAsync(_key))!.Title);
    }

    [Fact]
    public async Task The_runs_end_and_the_next_prompt_do_not_wait_for_it_and_it_is_journaled_by_a_live_run_too()
    {
        var (title, next) = (new Gate(), new Gate());
        var model = new ScriptedModel([Step.Say("one")], [new Step.Pause(title), Step.Say("Sums")], [Step.Say("two"), new Step.Pause(next)]);
        await using var silos = await StartAsync(model);
        await RunAsync(silos, _key, "first");
        await title.ReachedAsync();
        Assert.False(await silos.Client.IsLiveAsync(_key));
        await silos.Client.StartAsync(_key, new RunRequest("second"));
        await next.ReachedAsync();

        // The title comes while the second run is under way.
        title.Open();
        await TitleAsync(silos, "Sums");
        Assert.True(await silos.Client.IsLiveAsync(_key));
        Assert.True((await _journal.ReadAsync(_key, 0)).OfType<RenamedRecord>().Single().IsGenerated);
        next.Open();
        await EndedAsync(silos, _key);
        var session = (await silos.Client.GetSessionAsync(_key))!;
        Assert.Null(session.Error);
        Assert.Contains("\"two\"", Encoding.UTF8.GetString(session.Messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_never_takes_the_place_of_a_title_that_the_user_has_given_meanwhile(bool isLive)
    {
        var (title, next) = (new Gate(), new Gate());
        var model = new ScriptedModel([Step.Say("one")], [new Step.Pause(title), Step.Say("Theirs")], [new Step.Pause(next), Step.Say("two")]);
        await using var silos = await StartAsync(model);
        await RunAsync(silos, _key, "first");
        await title.ReachedAsync();
        if (isLive)
        {
            await silos.Client.StartAsync(_key, new RunRequest("second"));
            await next.ReachedAsync();
        }

        await silos.Client.RenameSessionAsync(_key, "Mine");
        title.Open();
        await LoggedAsync("Debug: The title of session");
        Assert.Equal("Mine", (await silos.Client.GetSessionAsync(_key))!.Title);
        Assert.Equal("Mine", (await _journal.ReadAsync(_key, 0)).OfType<RenamedRecord>().Single().Title);
        next.Open();
    }

    [Fact]
    public async Task A_session_with_a_title_is_not_asked_about()
    {
        var gate = new Gate();
        var model = new ScriptedModel([new Step.Pause(gate), Step.Say("one")], [Step.Say("two")]);
        await using var silos = await StartAsync(model);
        await silos.Client.StartAsync(_key, new RunRequest("first"));
        await gate.ReachedAsync();
        await silos.Client.RenameSessionAsync(_key, "Mine");
        gate.Open();
        await EndedAsync(silos, _key);
        await RunAsync(silos, _key, "second");
        Assert.Equal(2, model.Requests.Count);
    }

    [Fact]
    public async Task A_failure_leaves_the_first_prompt_and_is_logged()
    {
        var model = new ScriptedModel([Step.Say("one")], [new Step.Fail("no titles today")], [Step.Say("two")]);
        await using var silos = await StartAsync(model);
        await RunAsync(silos, _key, "first");
        await LoggedAsync("Information: The model of agent scripted gave session");
        Assert.Equal("first", (await silos.Client.GetSessionAsync(_key))!.Title);

        // It is asked once.
        await RunAsync(silos, _key, "second");
        Assert.Equal(3, model.Requests.Count);
        Assert.Empty(_log.Faults);
    }

    [Fact]
    public async Task A_title_that_comes_while_the_session_is_busy_elsewhere_is_kept_after_the_next_run()
    {
        var title = new Gate();
        var model = new ScriptedModel([Step.Say("one")], [new Step.Pause(title), Step.Say("Sums")], [Step.Say("two")]);
        await using var silos = await StartAsync(model);
        await RunAsync(silos, _key, "first");
        await title.ReachedAsync();
        var (store, other) = (silos.Services.GetRequiredService<IStreamStore>(), new RunToken(_key, "another", "run"));
        await store.StartAsync(other);
        title.Open();
        await LoggedAsync("Debug: The title of session");
        Assert.Equal("first", (await silos.Client.GetSessionAsync(_key))!.Title);

        await store.FinishAsync(other, 1, [], TimeSpan.Zero);
        await RunAsync(silos, _key, "second");
        await TitleAsync(silos, "Sums");
        Assert.Equal(3, model.Requests.Count);
    }

    [Fact]
    public async Task A_session_that_was_deleted_meanwhile_does_not_get_it_nor_does_its_successor()
    {
        var title = new Gate();
        var model = new ScriptedModel([Step.Say("one")], [new Step.Pause(title), Step.Say("Old")], [Step.Say("two")], [Step.Say("New")]);
        await using var silos = await StartAsync(model);
        await RunAsync(silos, _key, "first");
        await title.ReachedAsync();
        await silos.Client.DeleteSessionAsync(_key);
        title.Open();
        await RunAsync(silos, _key, "anew");
        await TitleAsync(silos, "New");
        Assert.Equal("New", (await _journal.ReadAsync(_key, 0)).OfType<RenamedRecord>().Single().Title);
    }

    [Fact]
    public async Task The_next_process_asks_at_the_end_of_its_first_run()
    {
        var first = await StartAsync(new ScriptedModel([Step.Say("one")], [new Step.Pause(new Gate())]));
        await RunAsync(first, _key, "first");
        await first.DisposeAsync();

        var model = new ScriptedModel([Step.Say("two")], [Step.Say("Sums")]);
        await using var next = await StartAsync(model);
        await RunAsync(next, _key, "second");
        await TitleAsync(next, "Sums");
        Assert.Contains("first", model.Requests.Last().Messages[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_failed_is_no_reason_to_ask()
    {
        var model = new ScriptedModel([Step.Say("half"), new Step.Fail("broken")], [Step.Say("whole")], [Step.Say("Sums")]);
        await using var silos = await StartAsync(model);
        await RunAsync(silos, _key, "first");
        await RunAsync(silos, _key, "second");
        await TitleAsync(silos, "Sums");
        Assert.Equal(3, model.Requests.Count);
    }

    [Fact]
    public async Task Its_tokens_count_for_the_user_and_who_has_none_left_gets_no_title()
    {
        var model = new ScriptedModel(
            [Step.Say("one"), Cost(10, 5)], [Step.Say("Sums"), Cost(100, 3)], [Step.Say("two"), Cost(1_000, 0)]);
        await using var silos = await StartAsync(model, options: options => options.Limits.PerUser.TokensPerDay = 1_000, time: new ManualTimeProvider());
        await RunAsync(silos, _key, "first");
        await TitleAsync(silos, "Sums");
        Assert.Equal(118, (await silos.Client.GetLimitsAsync(_key.UserKey)).Single(limit => limit is { Name: LimitNames.TokensPerDay, Target: LimitTarget.User }).Used);

        var other = new SessionKey(_key.Scope, _key.User, "other");
        await RunAsync(silos, other, "more");
        await LoggedAsync("Information: The model of agent scripted gave session");
        Assert.Equal(3, model.Requests.Count);
    }

    [Fact]
    public async Task Without_being_asked_for_there_are_none()
    {
        var model = new ScriptedModel([Step.Say("one")], [Step.Say("two")]);
        await using var silos = await TestSilos.StartAsync(null, model);
        await RunAsync(silos, _key, "first");
        await RunAsync(silos, _key, "second");
        Assert.Equal(2, model.Requests.Count);
    }

    [Theory]
    [InlineData("Sums", "Sums")]
    [InlineData(" \n \"Sums in the head.\" \nand more", "Sums in the head")]
    [InlineData("**Title: Sums**", "Sums")]
    [InlineData("# „Kopfrechnen“", "Kopfrechnen")]
    [InlineData("<think>The user\nwants</think>\nSums", "Sums")]
    [InlineData("a\u001b[31m b\u0007\tc", "a [31m b c")]
    [InlineData("a\u2028b", "a")]
    [InlineData("", null)]
    [InlineData(" \"\" ", null)]
    public void Only_a_few_words_on_one_line_are_left_of_what_it_says(string said, string? title) => Assert.Equal(title, TitleWriter.Clean(said));

    [Fact]
    public void A_long_title_is_cut_and_half_a_character_is_none()
    {
        Assert.Equal($"{new string('x', 79)}…", TitleWriter.Clean(new string('x', 10_000)));
        Assert.Equal($"{new string('x', 78)}…", TitleWriter.Clean($"{new string('x', 78)}\ud83d\ude42 and more"));
        Assert.Null(TitleWriter.Clean("a\ud83d"));
    }

    private static Step.Give Cost(int input, int output) => new(new UsageContent(new UsageDetails { InputTokenCount = input, OutputTokenCount = output }));

    private Task<TestSilos> StartAsync(IChatClient model, bool inRedis = false, Action<AgentStreamOptions>? options = null, TimeProvider? time = null) => TestSilos.StartAsync(
        inRedis ? redis.Server.Configuration : null,
        model,
        set =>
        {
            set.GracePeriod = Soon;
            options?.Invoke(set);
        },
        agent => agent.WithGeneratedTitles().WithInstructions("Be brief.").WithTool(() => 1, "count").WithOptions(set => set.ModelId = "small"),
        services =>
        {
            _log.AddTo(services);
            services.AddRunClock(time ?? TimeProvider.System);
            services.Configure<LoggerFilterOptions>(filter => filter.MinLevel = LogLevel.Debug);
            if (!inRedis)
            {
                services.AddSingleton<ISessionJournal>(_journal);
            }
        });

    /// <summary>Runs a prompt to its end. Its stream is gone soon after that, so nothing here reads it.</summary>
    private static async Task RunAsync(TestSilos silos, SessionKey key, string prompt)
    {
        await silos.Client.StartAsync(key, new RunRequest(prompt));
        await EndedAsync(silos, key);
    }

    private static Task EndedAsync(TestSilos silos, SessionKey key) => Wait.Until(async () => !await silos.Client.IsLiveAsync(key), "the run to end");

    private Task TitleAsync(TestSilos silos, string title) => Wait.Until(async () => (await silos.Client.GetSessionAsync(_key))?.Title == title, title);

    private Task LoggedAsync(string text) => Wait.Until(() => _log.Texts.Any(line => line.StartsWith(text, StringComparison.Ordinal)), text);
}
