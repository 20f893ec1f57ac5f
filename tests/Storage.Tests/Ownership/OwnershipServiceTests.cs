using System.Collections.Concurrent;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Ownership;
using AgentStream.TestTools;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Ownership;

/// <summary>A process's hold on its runs.</summary>
public sealed partial class OwnershipServiceTests : IDisposable
{
    private static readonly StorageOptions Settings = new() { Lease = TimeSpan.FromSeconds(10) };

    private readonly ManualTimeProvider _time = new();
    private readonly InMemoryStreamStore _memory;
    private readonly LeaseStore _log;
    private readonly SiloIdentity _identity = new();
    private readonly RunRegistry _runs = new(NullLogger<RunRegistry>.Instance);
    private readonly LineLogger _lines = new();
    private readonly ApplicationLifetime _lifetime = new(NullLogger<ApplicationLifetime>.Instance);
    private readonly OwnershipService _lease;

    public OwnershipServiceTests()
    {
        _memory = new(Options.Create(Settings), _time);
        _log = new(_memory);
        _lease = new(_log, _identity, _runs, Options.Create(Settings), _time, _lifetime, _lines);
    }

    [Fact]
    public async Task The_lease_is_renewed_three_times_in_its_span_and_holds_the_runs()
    {
        await StartedAsync();
        var run = await RunAsync("s");

        for (var i = 0; i < 20; i++)
        {
            var renewals = _log.Renewals;
            _time.Advance(Settings.Lease * 0.3);
            await Wait.Until(() => _log.Renewals > renewals, "a renewal");
        }

        Assert.Null(await _memory.RecoverAsync(run, "other"));
    }

    [Fact]
    public async Task A_process_knows_by_its_own_clock_whether_its_lease_holds()
    {
        Assert.False(_runs.IsLeaseHeld(Settings.Lease, _time));
        await StartedAsync();
        await Wait.Until(() => _runs.IsLeaseHeld(Settings.Lease, _time), "the first renewal");

        // From the moment that the renewal was sent, and not a moment longer, whoever renews it later.
        _log.IsAway = true;
        _time.Advance(Settings.Lease - TimeSpan.FromMilliseconds(1));
        Assert.True(_runs.IsLeaseHeld(Settings.Lease, _time));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(_runs.IsLeaseHeld(Settings.Lease, _time));
    }

    [Fact]
    public async Task A_process_that_stops_in_order_gives_its_lease_up()
    {
        await StartedAsync();
        var run = await RunAsync("s");
        await Wait.Until(() => _runs.IsLeaseHeld(Settings.Lease, _time), "the first renewal");

        await _lease.StopAsync(CancellationToken.None).Within();

        Assert.False(_runs.IsLeaseHeld(Settings.Lease, _time));
        Assert.NotNull(await _memory.RecoverAsync(run, "other"));
        Assert.Equal(0, _memory.WatchCount);
    }

    [Fact]
    public async Task A_cancel_is_heard_at_once()
    {
        await StartedAsync();
        var run = await RunAsync("s");
        var heard = new TaskCompletionSource<RunStatus>();
        using var registration = _runs.Register(run, heard.SetResult);
        await Wait.Until(() => _memory.WatchCount == 1, "the watch for cancels");

        await _memory.CancelAsync(run.Key);

        Assert.Equal(RunStatus.Canceled, await heard.Task.Within());
    }

    [Fact]
    public async Task A_flag_that_was_taken_without_a_notice_is_found_within_a_second()
    {
        _log.LoseNotices = true;
        await StartedAsync();
        var (canceled, live) = (await RunAsync("canceled"), await RunAsync("live"));
        var (canceledHeard, liveHeard) = (new ConcurrentQueue<RunStatus>(), new ConcurrentQueue<RunStatus>());
        using var one = _runs.Register(canceled, canceledHeard.Enqueue);
        using var two = _runs.Register(live, liveHeard.Enqueue);
        await _memory.CancelAsync(canceled.Key);

        await RoundsWaitAsync();
        for (var i = 0; i < 3; i++)
        {
            var checks = _log.Checks;
            _time.Advance(TimeSpan.FromSeconds(1));
            await Wait.Until(() => _log.Checks > checks, "a check");
            await RoundsWaitAsync();
        }

        Assert.Equal([RunStatus.Canceled], canceledHeard);
        Assert.Empty(liveHeard);
    }

    [Fact]
    public async Task More_runs_than_one_check_asks_for_are_asked_for_in_turn_and_all_at_once_when_notices_were_lost()
    {
        await StartedAsync();
        var runs = new List<RunToken>();
        for (var i = 0; i < (2 * RunCheckRotation.Most) + 1; i++)
        {
            runs.Add(new(new(1, 2, $"s{i}"), _identity.Id, "run"));
        }

        var registrations = runs.ConvertAll(run => _runs.Register(run, _ => { }));
        await RoundsWaitAsync();
        _log.Checked.Clear();
        for (var second = 1; second <= 3; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Wait.Until(() => _log.Checked.Count == second, "a check");
            await RoundsWaitAsync();
        }

        Assert.All(_log.Checked, check => Assert.Equal(RunCheckRotation.Most, check.Count));
        Assert.Equal(runs.ToHashSet(), _log.Checked.SelectMany(check => check).ToHashSet());

        _log.Checked.Clear();
        _log.RunWatcher!(null);
        await Wait.Until(() => !_log.Checked.IsEmpty, "a check");
        Assert.Equal(runs.ToHashSet(), _log.Checked.Single().ToHashSet());
        registrations.ForEach(registration => registration.Dispose());
    }

    [Fact]
    public async Task A_run_that_was_taken_over_hears_that_it_is_lost()
    {
        await StartedAsync();
        var run = await RunAsync("s");
        var heard = new TaskCompletionSource<RunStatus>();
        using var registration = _runs.Register(run, heard.SetResult);
        await _memory.RenewLeaseAsync(run.SiloId, TimeSpan.Zero);
        Assert.NotNull(await _memory.RecoverAsync(run, "other"));

        await RoundsWaitAsync();
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(RunStatus.Lost, await heard.Task.Within());
    }

    [Fact]
    public async Task Lost_notices_are_made_good_by_a_check_at_once()
    {
        await StartedAsync();
        var run = await RunAsync("s");
        var heard = new TaskCompletionSource<RunStatus>();
        using var registration = _runs.Register(run, heard.SetResult);
        await Wait.Until(() => _log.RunWatcher is not null, "the watch");
        _log.LoseNotices = true;
        await _memory.CancelAsync(run.Key);

        _log.RunWatcher!(null);

        Assert.Equal(RunStatus.Canceled, await heard.Task.Within());
    }

    [Fact]
    public void Every_process_has_an_id_of_its_own()
    {
        Assert.Matches("^[0-9a-f]{12}7[0-9a-f]{19}$", _identity.Id);
        Assert.NotEqual(_identity.Id, new SiloIdentity().Id);
    }

    public void Dispose()
    {
        _lease.Dispose();
        _memory.Dispose();
    }

    private List<string> LeaseLines() => [.. _lines.Lines.Where(line => line.Contains("process's lease ", StringComparison.Ordinal) && !line.StartsWith("Error", StringComparison.Ordinal))];

    /// <summary>Moves the clock in steps that are as short as the shortest pause, so that each round comes at its time.</summary>
    private async Task AdvanceAsync(TimeSpan by)
    {
        var step = TimeSpan.FromMilliseconds(250);
        for (var moved = TimeSpan.Zero; moved < by; moved += step)
        {
            await RoundsWaitAsync();
            _time.Advance(step);
        }

        await RoundsWaitAsync();
    }

    /// <summary>No renewal and no check is under way, but for a renewal that hangs.</summary>
    private Task RoundsWaitAsync()
    {
        var (check, renewal, retry, answer) = (TimeSpan.FromSeconds(1), Settings.Lease * 0.3, TimeSpan.FromMilliseconds(250), Settings.Lease * 0.15);
        return Wait.Until(
            () => _time.IsSet(check) && (_time.IsSet(renewal) || _time.IsSet(retry) || (_log.IsHanging && _time.IsSet(answer))), "both rounds to wait");
    }

    private async Task StartedAsync()
    {
        await _lease.StartAsync(CancellationToken.None);
        await Wait.Until(() => _log.Renewals > 0, "the first renewal");
    }

    private async Task<RunToken> RunAsync(string session)
    {
        var run = new RunToken(new(1, 2, session), _identity.Id, Guid.NewGuid().ToString());
        await _memory.StartAsync(run);
        return run;
    }

    private sealed class LineLogger : ILogger<OwnershipService>
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{logLevel}: {formatter(state, exception)}");
    }
}
