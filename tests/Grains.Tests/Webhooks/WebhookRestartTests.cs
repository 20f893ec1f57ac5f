using AgentStream.Grains.Recovery;
using AgentStream.Grains.Runs;
using AgentStream.Grains.Webhooks;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Ownership;
using AgentStream.Storage.Queue;
using AgentStream.Storage.Webhooks;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests.Webhooks;

/// <summary>Wherever a process dies, each end is told of, and no other is.</summary>
public sealed class WebhookRestartTests(RedisFixture redis) : IClassFixture<RedisFixture>, IDisposable
{
    private readonly WebhookStage _stage = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-webhooks-");
    private readonly InMemoryStreamStore _log = new(Options.Create(new StorageOptions()), TimeProvider.System);
    private readonly InMemoryJournal _journal = new();

    private RunToken Token => new(_stage.Key, "dead", "run");

    public void Dispose()
    {
        _stage.Dispose();
        _log.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("sqlite", false)]
    [InlineData("redis", false)]
    [InlineData("sqlite", true)]
    [InlineData("redis", true)]
    public async Task The_next_process_sends_what_the_receiver_did_not_take(string journal, bool isEncrypted)
    {
        var prefix = RedisServer.NewPrefix();
        _stage.Receiver.Answer = (before, response) =>
        {
            response.StatusCode = before == 0 ? 500 : 200;
            return Task.CompletedTask;
        };
        await using (var silos = await StartAsync())
        {
            await silos.Client.StartAsync(_stage.Key, new RunRequest("go") { Webhook = _stage.Receiver.Url });
            await Wait.Until(() => _stage.Log.All.Contains("Attempt 1 of webhook", StringComparison.Ordinal), "the first attempt to fail");
            await silos.TranscriptAsync(_stage.Key);
        }

        await using var next = await StartAsync();
        await _stage.SendAsync(next, TimeSpan.FromMinutes(1));
        var sent = await _stage.Receiver.ReceivedAsync(2);
        Assert.Single(sent.Select(one => (one.Id, one.Body)).Distinct());
        Assert.Equal("run.completed", sent[1].Type);
        await _stage.SendAsync(next, TimeSpan.FromDays(1));
        Assert.Equal(2, _stage.Receiver.All.Count);

        Task<TestSilos> StartAsync() => _stage.StartAsync(
            new ScriptedModel([Step.Say("1")]),
            AllowReceiver,
            redis: journal == "redis" ? redis.Server.Configuration : null,
            storage: storage =>
            {
                storage.Journal = journal;
                storage.RedisPrefix = prefix;
                storage.EncryptAtRest = isEncrypted;
                storage.JournalPath = journal == "redis" ? null : Path.Combine(_folder.FullName, "sessions.db");
            });
    }

    [Fact]
    public async Task A_process_that_dies_after_the_journal_has_the_end_leaves_it_to_another_to_tell_of_it()
    {
        // The process keeps the end, and is not heard of any more.
        await using var dying = await StartAsync(new ScriptedModel([Step.Say("1")]), outbox: new DeafOutbox(_stage.Outbox));
        await dying.RunAsync(_stage.Key);
        await using var heir = await StartAsync(new ScriptedModel());
        await _stage.SendAsync(heir, RunWebhooks.LookUpAfter - TimeSpan.FromMilliseconds(1));
        Assert.Empty(_stage.Receiver.All);
        await _stage.SendAsync(heir, TimeSpan.FromMilliseconds(1));
        var sent = Assert.Single(await _stage.Receiver.ReceivedAsync(1));
        Assert.Equal("run.completed", sent.Type);
        Assert.True(sent.IsSignedBy(_stage.Receiver.Secret));
        await _stage.SendAsync(heir, TimeSpan.FromDays(1));
        Assert.Single(_stage.Receiver.All);
        await _stage.EmptyAsync();
    }

    [Fact]
    public async Task An_end_that_was_announced_and_never_came_is_not_told_of_and_the_one_that_came_instead_is()
    {
        // The process dies between the outbox and the journal, and the run comes to another end elsewhere.
        var gate = new Gate();
        var journal = new EndGate(_journal, gate);
        await using var dying = await StartAsync(new ScriptedModel([Step.Say("1")]), journal: journal);
        await dying.Client.StartAsync(_stage.Key, new RunRequest("go"));
        await gate.ReachedAsync();
        Assert.Single(await _stage.Outbox.TakeDueAsync(DateTimeOffset.MaxValue, WebhookStage.Start + RunWebhooks.LookUpAfter, 10));
        await using var heir = await StartAsync(new ScriptedModel(), resumes: false);
        await _stage.SendAsync(heir, RunWebhooks.LookUpAfter);
        Assert.Empty(_stage.Receiver.All);
        await DieAsync(dying, heir);
        var sent = Assert.Single(await _stage.Receiver.ReceivedAsync(1));
        Assert.Equal("run.failed", sent.Type);
        gate.Open();
        await Wait.Until(() => dying.Services.GetRequiredService<RunHost>().Count == 0, "the dead one to give up");
        await _stage.SendAsync(heir, TimeSpan.FromHours(1));
        await _stage.SendAsync(heir, TimeSpan.FromHours(1));
        Assert.Single(_stage.Receiver.All);
        await _stage.EmptyAsync();
    }

    [Fact]
    public async Task A_run_that_is_recovered_and_ends_the_same_way_is_told_of_once()
    {
        var gate = new Gate();
        await using var dying = await StartAsync(new ScriptedModel([Step.Say("1")]), journal: new EndGate(_journal, gate));
        await dying.Client.StartAsync(_stage.Key, new RunRequest("go"));
        await gate.ReachedAsync();
        await using var heir = await StartAsync(new ScriptedModel([Step.Say("1")]));
        await DieAsync(dying, heir);
        await _stage.Receiver.ReceivedAsync(1);
        gate.Open();
        await Wait.Until(() => dying.Services.GetRequiredService<RunHost>().Count == 0, "the dead one to give up");
        await _stage.SendAsync(heir, TimeSpan.FromDays(2));
        Assert.Equal("run.completed", Assert.Single(_stage.Receiver.All).Type);
        await _stage.EmptyAsync();
    }

    [Fact]
    public async Task A_run_that_is_recovered_has_the_url_that_its_request_brought()
    {
        var gate = new Gate();
        await using var dying = await StartAsync(new ScriptedModel([new Step.Pause(gate, Deaf: true)]), AllowReceiver);
        await dying.Client.StartAsync(_stage.Key, new RunRequest("go") { Webhook = _stage.Receiver.Url });
        await gate.ReachedAsync();
        await using var heir = await StartAsync(new ScriptedModel([Step.Say("1")]), AllowReceiver);
        await DieAsync(dying, heir);
        Assert.Equal("run.completed", Assert.Single(await _stage.Receiver.ReceivedAsync(1)).Type);
        gate.Open();
    }

    [Fact]
    public async Task A_run_that_nobody_continues_is_told_of_as_failed()
    {
        await _log.StartAsync(Token);
        await _journal.AppendAsync(Token, 0, [new RunStartedRecord("run", "scripted") { Timestamp = WebhookStage.Start }]);
        for (var i = 0; i < RecoveryRules.MostResumes; i++)
        {
            await _journal.AppendAsync(Token, i + 1, [new RunResumedRecord("run", 0) { Timestamp = WebhookStage.Start }]);
        }

        await _log.RenewLeaseAsync("dead", TimeSpan.Zero);
        await using var heir = await StartAsync(new ScriptedModel());
        await Wait.Until(
            async () =>
            {
                await LookForOrphansAsync(heir);
                return _stage.Receiver.All.Count > 0;
            },
            "the run to be ended");
        Assert.Equal(("run.failed", "interrupted"), (_stage.Receiver.All[0].Type, _stage.Receiver.All[0].Data.GetProperty("error").GetString()));
    }

    [Theory]
    [InlineData("run.completed", false, false)]
    [InlineData("run.failed", false, true)]
    [InlineData("run.completed", true, false)]
    [InlineData("run.failed", true, true)]
    public async Task What_ended_without_a_record_failed(string type, bool isFollowed, bool isTold)
    {
        await _log.StartAsync(Token);
        await _journal.AppendAsync(Token, 0, [new RunStartedRecord("run", "scripted") { Timestamp = WebhookStage.Start }]);
        await using var silos = await StartAsync(new ScriptedModel());
        var ends = silos.Services.GetRequiredService<WebhookEnds>();
        Assert.Equal(WebhookEnd.NotYet, await ends.FindAsync(_stage.Key, "run", type, CancellationToken.None));
        Assert.Equal(WebhookEnd.Never, await ends.FindAsync(TestSilos.NewSession(), "run", type, CancellationToken.None));

        await _log.FinishAsync(Token, 1, [], TimeSpan.FromHours(1));
        if (isFollowed)
        {
            await _journal.AppendAsync(Token, 1, [new RunStartedRecord("next", "scripted") { Timestamp = WebhookStage.Start }]);
        }

        Assert.Equal(isTold ? WebhookEnd.Came : WebhookEnd.Never, await ends.FindAsync(_stage.Key, "run", type, CancellationToken.None));
    }

    [Fact]
    public async Task A_prompt_that_has_waited_and_never_becomes_a_run_is_told_of_as_failed()
    {
        await using var silos = await StartAsync(new ScriptedModel(), AllowReceiver);
        await silos.Services.GetRequiredService<IPromptQueue>().AddAsync(_stage.Key, new QueuedPrompt("waiting", "stranger", "go", WebhookStage.Start) { Webhook = _stage.Receiver.Url });
        await silos.Cluster.Client.GetGrain<ISessionGrain>(_stage.Key.ToString()).StartWaitingAsync();
        var sent = Assert.Single(await _stage.Receiver.ReceivedAsync(1));
        Assert.Equal(("run.failed", "waiting", "agent_unknown"), (sent.Type, sent.RunId, sent.Data.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task A_journal_that_outlives_its_outbox_is_refused_where_webhooks_are_sent()
    {
        await using var silos = await _stage.StartAsync(new ScriptedModel());
        var check = new WebhooksCheck(new GatedJournal(new Gate(), _ => false), silos.Services.GetRequiredService<RunWebhooks>());
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => check.StartingAsync(CancellationToken.None));
        Assert.StartsWith($"AgentStream:Webhooks needs an outbox that lasts as long as {typeof(GatedJournal)}: register an IWebhookOutbox", error.Message, StringComparison.Ordinal);
    }

    private void AllowReceiver(WebhookOptions options)
    {
        WebhookStage.Configure(options);
        options.AllowedHosts.Add(_stage.Receiver.Authority);
        options.RequestSecret = _stage.Receiver.Secret;
    }

    private Task<TestSilos> StartAsync(IChatClient model, Action<WebhookOptions>? options = null, ISessionJournal? journal = null, IWebhookOutbox? outbox = null, bool resumes = true) => _stage.StartAsync(
        model,
        options,
        services: services => services.AddSingleton<IStreamStore>(_log).AddSingleton(journal ?? _journal).AddSingleton(outbox ?? _stage.Outbox).Configure<AgentStreamOptions>(agents => agents.ResumeRuns = resumes));

    private Task DieAsync(TestSilos dying, TestSilos heir)
    {
        var id = dying.Services.GetRequiredService<SiloIdentity>().Id;
        return Wait.Until(
            async () =>
            {
                await _log.RenewLeaseAsync(id, TimeSpan.Zero);
                await LookForOrphansAsync(heir);
                return (await _log.FindOwnedAsync(id)).Count == 0;
            },
            "the run to be recovered");
    }

    private static Task<bool> LookForOrphansAsync(TestSilos silos) => silos.Services.GetServices<IHostedService>().OfType<OrphanWatch>().Single().LookAsync(CancellationToken.None);

    /// <summary>An outbox whose process dies before it can confirm anything, or send.</summary>
    private sealed class DeafOutbox(IWebhookOutbox outbox) : IWebhookOutbox
    {
        public ValueTask<bool> AddAsync(WebhookDelivery delivery, DateTimeOffset due, int most, CancellationToken cancellationToken = default) => outbox.AddAsync(delivery, due, most, cancellationToken);

        public ValueTask<IReadOnlyList<WebhookDelivery>> TakeDueAsync(DateTimeOffset now, DateTimeOffset again, int count, CancellationToken cancellationToken = default) => new((WebhookDelivery[])[]);

        public ValueTask<bool> SetAsync(string id, int attempt, int next, DateTimeOffset due, CancellationToken cancellationToken = default) => new(false);

        public ValueTask RemoveAsync(string id, CancellationToken cancellationToken = default) => default;
    }

    /// <summary>A journal, shared by silos, that one of them does not get the end of a run into.</summary>
    private sealed class EndGate(ISessionJournal journal, Gate gate) : ISessionJournal
    {
        public bool OutlivesProcess => false;

        public ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default) =>
            journal.ReadAsync(key, afterVersion, cancellationToken);

        public async ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default)
        {
            if (records.Any(record => record is RunEndedRecord))
            {
                gate.Reached();
                await gate.OpenedAsync(cancellationToken);
                throw new OwnershipLostException("The process died.");
            }

            await journal.AppendAsync(owner, expectedVersion, records, cancellationToken);
        }

        public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default) => journal.ListSessionsAsync(user, count, cancellationToken);

        public ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default) => journal.DeleteAsync(owner, cancellationToken);
    }
}
