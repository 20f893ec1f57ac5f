using System.Net;
using System.Reflection;
using AgentStream.Storage;
using AgentStream.Storage.Background;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Tests.Health;

/// <summary>What an orchestrator and a load balancer are told.</summary>
public sealed class HealthTests
{
    private const string Secret = "10.1.2.3:6379 refused the password";
    private const string Ready = """{"status":"ready","checks":{"cluster":"ok","lease":"ok","streams":"ok","journal":"ok"}}""";

    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(2);

    private readonly ManualTimeProvider _time = new();
    private readonly Lines _log = new();
    private Func<Task> _journal = () => Task.CompletedTask;
    private int _asked;

    [Fact]
    public async Task A_program_whose_stores_answer_lives_and_is_ready()
    {
        await using var app = await StartAsync();

        await AnswersAsync(app, "live", HttpStatusCode.OK, """{"status":"live","checks":{"services":"ok"}}""");
        await AnswersAsync(app, "ready", HttpStatusCode.OK, Ready);
    }

    [Fact]
    public async Task While_a_store_fails_it_is_not_ready_and_says_nothing_of_why()
    {
        await using var app = await StartAsync();
        _journal = () => throw new StorageUnavailableException(Secret);
        await AnswersAsync(app, "ready", HttpStatusCode.ServiceUnavailable, Ready.Replace("\"ready\"", "\"not_ready\"", StringComparison.Ordinal).Replace("\"journal\":\"ok\"", "\"journal\":\"failed\"", StringComparison.Ordinal));
        await AnswersAsync(app, "live", HttpStatusCode.OK, """{"status":"live","checks":{"services":"ok"}}""");

        _time.Advance(TimeSpan.FromSeconds(1));
        await AskAsync(app, "ready", HttpStatusCode.ServiceUnavailable);
        _journal = () => Task.CompletedTask;
        _time.Advance(TimeSpan.FromSeconds(1));
        await AnswersAsync(app, "ready", HttpStatusCode.OK, Ready);

        // A line for each change, and none for each probe.
        Assert.Equal(["Not ready: journal (failed).", "Ready again."], _log.Texts.Where(text => text.Contains("eady", StringComparison.Ordinal) && !text.Contains("health", StringComparison.Ordinal)));
        Assert.DoesNotContain(_log.Texts, text => text.Contains("Health check", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_that_does_not_answer_in_time_counts_as_failed()
    {
        using var streams = new ManualResetEventSlim();
        await using var app = await StartAsync(ChatApp.WithTroubledLog(nameof(IStreamStore.IsLiveAsync), () =>
        {
            streams.Wait();
            return null;
        }));
        var never = new TaskCompletionSource();
        _journal = () => never.Task;
        var timers = _time.ArmedTimers;
        var asking = AskAsync(app, "ready", HttpStatusCode.ServiceUnavailable);

        // The probe's, and two for each store.
        await Wait.Until(() => _asked == 1 && _time.ArmedTimers == timers + 5, "both stores are waited for");
        streams.Set();
        await Wait.Until(() => _time.ArmedTimers == timers + 3, "the journal is waited for");

        _time.Advance(CheckTimeout);
        Assert.Contains("\"streams\":\"ok\",\"journal\":\"timeout\"", await asking, StringComparison.Ordinal);
        never.SetResult();
    }

    [Fact]
    public async Task Of_a_store_that_hangs_for_good_no_more_than_8_questions_are_on_their_way()
    {
        await using var app = await StartAsync();
        var never = new TaskCompletionSource();
        _journal = () => never.Task;
        await Wait.Until(
            async () =>
            {
                await ProbeAsync();
                return _asked == 8;
            },
            "the store is asked 8 times");
        for (var more = 0; more < 4; more++)
        {
            await ProbeAsync();
        }

        Assert.Equal(8, _asked);
        never.SetResult();
        _journal = () => Task.CompletedTask;
        await Wait.Until(
            async () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                using var answer = await app.Http.GetAsync("/health/ready");
                return answer.IsSuccessStatusCode;
            },
            "it is ready again");

        async Task ProbeAsync()
        {
            var asking = AskAsync(app, "ready", HttpStatusCode.ServiceUnavailable);
            await Wait.Until(
                () =>
                {
                    _time.Advance(CheckTimeout);
                    return asking.IsCompleted;
                },
                "the probe is answered");
            await asking;
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task Any_number_of_probes_is_one_question_a_second()
    {
        await using var app = await StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => AskAsync(app, "ready", HttpStatusCode.OK)));
        Assert.Equal(1, _asked);

        _time.Advance(TimeSpan.FromMilliseconds(999));
        await AskAsync(app, "ready", HttpStatusCode.OK);
        Assert.Equal(1, _asked);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        await AskAsync(app, "ready", HttpStatusCode.OK);
        Assert.Equal(2, _asked);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("Host", "10.0.0.11:5080")]
    public async Task A_caller_that_is_not_on_this_machine_hears_one_word(string header, string value)
    {
        await using var app = await StartAsync();
        app.Http.DefaultRequestHeaders.TryAddWithoutValidation(header, value);

        await AnswersAsync(app, "ready", HttpStatusCode.OK, """{"status":"ready"}""");
        await AnswersAsync(app, "live", HttpStatusCode.OK, """{"status":"live"}""");
        _time.Advance(TimeSpan.FromSeconds(1));
        _journal = () => throw new StorageUnavailableException(Secret);
        await AnswersAsync(app, "ready", HttpStatusCode.ServiceUnavailable, """{"status":"not_ready"}""");
    }

    [Fact]
    public async Task A_check_of_the_programs_own_counts_and_its_words_do_not_get_out()
    {
        await using var app = await StartAsync(builder => builder.Services.AddHealthChecks().AddCheck("own", () => HealthCheckResult.Unhealthy(Secret, new InvalidOperationException(Secret)), ["ready"]));

        Assert.Contains("\"own\":\"failed\"", await AskAsync(app, "ready", HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_of_the_programs_own_that_does_not_end_does_not_keep_a_probe_waiting()
    {
        var never = new TaskCompletionSource<HealthCheckResult>();
        await using var app = await StartAsync(builder => builder.Services.AddHealthChecks().AddAsyncCheck("own", () => never.Task, ["ready"]));
        var asking = AskAsync(app, "ready", HttpStatusCode.ServiceUnavailable);
        await Wait.Until(() => _time.NextTimer == CheckTimeout * 2, "the probe waits");

        _time.Advance(CheckTimeout * 2);
        Assert.Equal("""{"status":"not_ready","checks":{}}""", await asking);
        never.SetResult(HealthCheckResult.Healthy());
    }

    [Fact]
    public async Task A_process_without_a_service_that_it_needs_has_to_be_started_again()
    {
        var service = new Essential();
        await using var app = await StartAsync(builder => builder.Services.AddHostedService(_ => service));
        await AskAsync(app, "live", HttpStatusCode.OK);

        service.HasFailed = true;
        _time.Advance(TimeSpan.FromSeconds(1));
        await AnswersAsync(app, "live", HttpStatusCode.ServiceUnavailable, """{"status":"not_live","checks":{"services":"failed"}}""");
    }

    [Fact]
    public async Task Probes_need_no_authentication()
    {
        await using var app = await StartAsync(builder =>
        {
            builder.Services.AddAuthentication("Bearer").AddJwtBearer();
            builder.Services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder("Bearer").RequireAuthenticatedUser().Build());
        });

        await AskAsync(app, "ready", HttpStatusCode.OK);
        using var refused = await app.Http.GetAsync("/chat");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Theory]
    [InlineData("DrainDelay", "-1s")]
    [InlineData("DrainDelay", "11m")]
    [InlineData("DrainDelay", "5")]
    [InlineData("CheckTimeout", "99ms")]
    public async Task A_setting_that_breaks_its_rule_stops_the_start(string setting, string value)
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(builder => builder.Configuration[$"AgentStream:Health:{setting}"] = value));
        Assert.Contains($"AgentStream:Health:{setting} must be ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Routes_without_checks_say_what_is_missing()
    {
        using var app = WebApplication.CreateBuilder().Build() as IDisposable;
        var error = Assert.Throws<InvalidOperationException>(() => ((WebApplication)app!).MapAgentStreamHealth());
        Assert.Contains("AddAgentStreamHealthChecks()", error.Message, StringComparison.Ordinal);
    }

    private Task<ChatApp> StartAsync(Action<WebApplicationBuilder>? configure = null) => ChatApp.StartAsync(
        builder =>
        {
            builder.Logging.AddProvider(_log);
            builder.Services.AddSingleton<TimeProvider>(_time);
            var inner = new InMemoryJournal();
            builder.Services.AddSingleton(Stub.Of<ISessionJournal>((method, args) => method.Name == nameof(ISessionJournal.ReadAsync)
                ? new ValueTask<IReadOnlyList<JournalRecord>>(ReadAsync())
                : method.Invoke(inner, BindingFlags.DoNotWrapExceptions, null, args, null)));
            builder.Services.AddHealthChecks().AddAgentStreamHealthChecks();
            configure?.Invoke(builder);
        },
        app => app.MapAgentStreamHealth());

    private async Task<IReadOnlyList<JournalRecord>> ReadAsync()
    {
        Interlocked.Increment(ref _asked);
        await _journal();
        return [];
    }

    private static async Task AnswersAsync(ChatApp app, string probe, HttpStatusCode status, string answer) => Assert.Equal(answer, await AskAsync(app, probe, status));

    private static async Task<string> AskAsync(ChatApp app, string probe, HttpStatusCode status)
    {
        using var response = await app.Http.GetAsync($"/health/{probe}").Within();
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{response.StatusCode}: {text}");
        Assert.Equal(("application/json", true), (response.Content.Headers.ContentType?.MediaType, response.Headers.CacheControl?.NoStore));
        Assert.DoesNotContain(Secret, text + response.Headers, StringComparison.Ordinal);
        return text;
    }

    private sealed class Essential : IHostedService, IEssentialService
    {
        public bool HasFailed { get; set; }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
