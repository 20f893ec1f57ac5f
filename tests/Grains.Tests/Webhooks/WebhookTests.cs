using AgentStream.Grains.Webhooks;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Webhooks;

/// <summary>Who hears of which end of a run, and what.</summary>
public sealed class WebhookTests : IDisposable
{
    private const string Foreign = "f0reign-w0rds";
    private static readonly Step[] CallPay = [Step.Call("c1", "pay", ("amount", 5))];

    private readonly WebhookStage _stage = new();

    public void Dispose() => _stage.Dispose();

    [Fact]
    public async Task A_run_that_completes_is_told_of_once_signed_and_without_a_word_of_it()
    {
        await using var silos = await _stage.StartAsync(new ScriptedModel([Step.Say($"{Foreign} answer")]));
        var run = await silos.Client.StartAsync(_stage.Key, new RunRequest($"{Foreign} prompt"));
        var sent = Assert.Single(await _stage.Receiver.ReceivedAsync(1));
        Assert.True(sent.IsSignedBy(_stage.Receiver.Secret));
        Assert.False(sent.IsSignedBy(Receiver.NewSecret()));
        Assert.Equal($"POST application/json /hooks/{_stage.Receiver.Path}", sent.Head);
        Assert.Matches("^msg_[0-9a-f]{32}$", sent.Id);
        Assert.Equal("1767225600", sent.Timestamp);
        Assert.Equal(
            $$$"""{"type":"run.completed","timestamp":"2026-01-01T00:00:00Z","data":{"scope_id":"1","user_id":"1","session_id":"{{{_stage.Key.Session}}}","run_id":"{{{run.RunId}}}","agent":"scripted","status":"completed","begin":"{{{run.Begin}}}","last":"*"}}""",
            System.Text.RegularExpressions.Regex.Replace(sent.Body, "(\"last\":\")[0-9]+-[0-9]+", "$1*"));

        await _stage.EmptyAsync();
        await _stage.SendAsync(silos, TimeSpan.FromDays(1));
        Assert.Single(_stage.Receiver.All);
        AssertSaysNothing();
    }

    [Fact]
    public async Task A_run_that_fails_is_told_of_with_a_word_of_ours()
    {
        await using var silos = await _stage.StartAsync(new ScriptedModel([Step.Say(Foreign), new Step.Fail(Foreign)]));
        await silos.RunAsync(_stage.Key);
        var sent = Assert.Single(await _stage.Receiver.ReceivedAsync(1));
        Assert.Equal(("run.failed", "failed", "model_failed"), (sent.Type, sent.Data.GetProperty("status").GetString(), sent.Data.GetProperty("error").GetString()));
        Assert.DoesNotContain(Foreign, sent.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_is_canceled_is_told_of()
    {
        var gate = new Gate();
        await using var silos = await _stage.StartAsync(new ScriptedModel([new Step.Pause(gate)]));
        await silos.Client.StartAsync(_stage.Key, new RunRequest("go"));
        await gate.ReachedAsync();
        Assert.True(await silos.Client.CancelAsync(_stage.Key));
        var sent = Assert.Single(await _stage.Receiver.ReceivedAsync(1));
        Assert.Equal(("run.canceled", "canceled", false), (sent.Type, sent.Data.GetProperty("status").GetString(), sent.Data.TryGetProperty("error", out _)));
    }

    [Fact]
    public async Task A_run_that_waits_is_told_of_and_so_is_the_one_that_continues_it_at_the_url_that_the_prompt_brought()
    {
        await using var silos = await _stage.StartAsync(new ScriptedModel(CallPay, [Step.Say("done")]), AllowReceiver);
        var run = await silos.Client.StartAsync(_stage.Key, Request());
        var waiting = Assert.Single(await _stage.Receiver.ReceivedAsync(1));
        Assert.Equal(("run.waiting", "waiting", run.RunId), (waiting.Type, waiting.Data.GetProperty("status").GetString(), waiting.RunId));
        Assert.True(waiting.IsSignedBy(_stage.Receiver.Secret));

        var asked = Assert.Single(await silos.Client.GetPendingAsync(_stage.Key));
        var receipt = await silos.Client.AnswerAsync(_stage.Key, new ApprovalAnswer(asked.RequestId, true));
        var completed = (await _stage.Receiver.ReceivedAsync(2))[1];
        Assert.Equal(("run.completed", receipt.RunId), (completed.Type, completed.RunId));
        Assert.NotEqual(waiting.Id, completed.Id);

        await _stage.EmptyAsync();
        var state = await silos.Services.GetRequiredService<ISessionJournal>().ReadAsync(_stage.Key, 0);
        Assert.Equal([_stage.Receiver.Url, null], state.OfType<RunStartedRecord>().Select(started => started.Webhook));
    }

    [Fact]
    public async Task A_prompt_that_has_waited_brings_its_url_along()
    {
        var gate = new Gate();
        await using var silos = await _stage.StartAsync(new ScriptedModel([new Step.Pause(gate)], [Step.Say("2")]), AllowReceiver);
        await silos.Client.StartAsync(_stage.Key, new RunRequest("1"));
        await gate.ReachedAsync();
        var queued = await silos.Client.StartAsync(_stage.Key, Request() with { OnBusy = BusySessionBehavior.Queue });
        gate.Open();
        Assert.Equal(queued.RunId, Assert.Single(await _stage.Receiver.ReceivedAsync(1)).RunId);
    }

    [Fact]
    public async Task Each_endpoint_hears_of_its_events_and_scopes_and_of_nothing_else()
    {
        using var failures = new Receiver();
        using var others = new Receiver();
        using var all = new Receiver();
        await using var silos = await _stage.StartAsync(new ScriptedModel([Step.Say("1")], [new Step.Fail("2")], [Step.Say("3")]), options =>
        {
            WebhookStage.Configure(options, failures, others, all);
            options.Endpoints[0].Events.Add("run.failed");
            options.Endpoints[1].Scopes.Add("acme");
        });
        await silos.RunAsync(_stage.Key);
        await all.ReceivedAsync(1);
        await silos.RunAsync(_stage.Key);
        await all.ReceivedAsync(2);
        await silos.RunAsync(new SessionKey("acme", "anna", "s1"));
        await all.ReceivedAsync(3);
        Assert.Equal(["run.completed", "run.failed", "run.completed"], all.All.Select(sent => sent.Type));
        Assert.Equal("run.failed", Assert.Single(await failures.ReceivedAsync(1)).Type);
        Assert.Equal("acme", Assert.Single(await others.ReceivedAsync(1)).Data.GetProperty("scope_id").GetString());
        Assert.Equal(5, all.All.Concat(failures.All).Concat(others.All).Select(sent => sent.Id).Distinct().Count());
    }

    [Fact]
    public async Task Each_of_several_secrets_signs()
    {
        var older = Receiver.NewSecret();
        await using var silos = await _stage.StartAsync(new ScriptedModel([Step.Say("1")]), options =>
        {
            _stage.Configure(options);
            options.Endpoints[0].Secret += $" {older}";
        });
        await silos.RunAsync(_stage.Key);
        var sent = Assert.Single(await _stage.Receiver.ReceivedAsync(1));
        Assert.True(sent.IsSignedBy(_stage.Receiver.Secret) && sent.IsSignedBy(older));
        Assert.Equal(2, sent.Signature.Split(' ').Length);
    }

    [Theory]
    [InlineData("https://hooks.example.com/x", null)]
    [InlineData("https://HOOKS.example.com:443/x?y=z", null)]
    [InlineData("https://a.b.example.org", null)]
    [InlineData("https://other.example.com:8443/", null)]
    [InlineData("https://hooks.example.com:8443/x", "must be at a host, and a port, that the server allows")]
    [InlineData("https://other.example.com/", "must be at a host, and a port, that the server allows")]
    [InlineData("https://example.org", "must be at a host, and a port, that the server allows")]
    [InlineData("https://evilexample.org", "must be at a host, and a port, that the server allows")]
    [InlineData("https://hooks.example.com.evil.net", "must be at a host, and a port, that the server allows")]
    [InlineData("https://evil.net/?hooks.example.com", "must be at a host, and a port, that the server allows")]
    [InlineData("http://hooks.example.com/x", "must be an https URL")]
    [InlineData("ftp://hooks.example.com/x", "must be an https URL")]
    [InlineData("hooks.example.com", "must be an https URL")]
    [InlineData("https://me:you@hooks.example.com/x", "must not have a user or a password")]
    [InlineData("https://hooks.example.com/x#y", "must not have a fragment")]
    [InlineData("https://hooks.example.com/x y", "must be a URL of 1 to 2048 printable ASCII characters without spaces")]
    [InlineData("", "must be a URL of 1 to 2048 printable ASCII characters without spaces")]
    [InlineData("https://127.0.0.1/", "must not be at a loopback, private or other address that is not public")]
    [InlineData("https://2130706433/", "must not be at a loopback, private or other address that is not public")]
    [InlineData("https://0x7f.1/", "must not be at a loopback, private or other address that is not public")]
    [InlineData("https://[::ffff:10.0.0.1]/", "must not be at a loopback, private or other address that is not public")]
    [InlineData("https://localhost./", "must not be at a loopback, private or other address that is not public")]
    public async Task A_request_may_bring_a_url_of_an_allowed_host_and_no_other(string url, string? rule)
    {
        await using var silos = await _stage.StartAsync(new ScriptedModel([Step.Say("1")]), options =>
        {
            options.RequestSecret = Receiver.NewSecret();
            foreach (var host in (string[])["hooks.example.com", "*.example.org", "other.example.com:8443", "127.0.0.1", "localhost"])
            {
                options.AllowedHosts.Add(host);
            }
        });
        var starting = silos.Client.StartAsync(_stage.Key, new RunRequest("go") { Webhook = url });
        if (rule is null)
        {
            await starting;
            return;
        }

        var error = await Assert.ThrowsAsync<InvalidInputException>(() => starting);
        Assert.Equal($"webhook {rule}", error.Message);
        Assert.Null(await silos.Client.GetSessionAsync(_stage.Key));
    }

    [Fact]
    public async Task Where_no_host_is_allowed_and_with_a_prompt_that_joins_others_a_request_may_bring_none()
    {
        await using var silos = await _stage.StartAsync(new ScriptedModel(), AllowReceiver);
        var error = await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.StartAsync(_stage.Key, Request() with { OnBusy = BusySessionBehavior.Steer }));
        Assert.StartsWith("webhook must be left out with on_busy \"steer\"", error.Message, StringComparison.Ordinal);

        await using var closed = await _stage.StartAsync(new ScriptedModel());
        error = await Assert.ThrowsAsync<InvalidInputException>(() => closed.Client.StartAsync(_stage.Key, Request()));
        Assert.Equal("webhook must be left out: this server sends no webhooks to URLs of requests", error.Message);
    }

    [Fact]
    public async Task The_same_key_with_another_url_is_another_request()
    {
        await using var silos = await _stage.StartAsync(new ScriptedModel([Step.Say("1")]), AllowReceiver);
        var request = Request() with { IdempotencyKey = "k" };
        var run = await silos.Client.StartAsync(_stage.Key, request);
        Assert.Equal(run.RunId, (await silos.Client.StartAsync(_stage.Key, request)).RunId);
        await Assert.ThrowsAsync<IdempotencyConflictException>(() => silos.Client.StartAsync(_stage.Key, request with { Webhook = request.Webhook + "/2" }));
    }

    [Fact]
    public async Task A_run_that_nobody_is_to_hear_of_asks_for_no_outbox()
    {
        static void Refuse(IServiceCollection services) => services.AddSingleton<IWebhookOutbox>(_ => throw new InvalidOperationException("Nobody hears of anything here."));
        await using (var silos = await TestSilos.StartAsync(null, new ScriptedModel([Step.Say("1")]), _ => { }, _ => { }, Refuse))
        {
            Assert.EndsWith("end\n", await silos.RunAsync(_stage.Key), StringComparison.Ordinal);
            Assert.False(silos.Services.GetRequiredService<RunWebhooks>().IsOn);
        }

        var outbox = new CountedOutbox();
        await using var others = await _stage.StartAsync(new ScriptedModel([Step.Say("1")], [Step.Say("2")]), options =>
        {
            _stage.Configure(options);
            options.Endpoints[0].Events.Add("run.failed");
        }, services: services => services.AddSingleton<IWebhookOutbox>(outbox));
        await others.RunAsync(_stage.Key);
        await others.RunAsync(_stage.Key);
        Assert.Equal(0, outbox.Writes);
    }

    private void AllowReceiver(WebhookOptions options)
    {
        WebhookStage.Configure(options);
        options.AllowedHosts.Add(_stage.Receiver.Authority);
        options.RequestSecret = _stage.Receiver.Secret;
    }

    private RunRequest Request() => new("go") { Webhook = _stage.Receiver.Url };

    private void AssertSaysNothing()
    {
        foreach (var secret in (string[])[_stage.Receiver.Secret, _stage.Receiver.Secret["whsec_".Length..], _stage.Receiver.Path, Foreign])
        {
            Assert.DoesNotContain(secret, _stage.Log.All, StringComparison.Ordinal);
            Assert.All(_stage.Receiver.All, sent => Assert.DoesNotContain(secret, sent.Body, StringComparison.Ordinal));
        }
    }

    private sealed class CountedOutbox : IWebhookOutbox
    {
        public int Writes { get; private set; }

        public ValueTask<bool> AddAsync(WebhookDelivery delivery, DateTimeOffset due, int most, CancellationToken cancellationToken = default) => new(++Writes > 0);

        public ValueTask<IReadOnlyList<WebhookDelivery>> TakeDueAsync(DateTimeOffset now, DateTimeOffset again, int count, CancellationToken cancellationToken = default) => new((WebhookDelivery[])[]);

        public ValueTask<bool> SetAsync(string id, int attempt, int next, DateTimeOffset due, CancellationToken cancellationToken = default) => new(++Writes > 0);

        public ValueTask RemoveAsync(string id, CancellationToken cancellationToken = default)
        {
            Writes++;
            return default;
        }
    }
}
