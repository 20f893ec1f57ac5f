using AgentStream.TestTools;

namespace AgentStream.Storage.Tests.Ownership;

/// <summary>Outages, late answers and refusals.</summary>
public sealed partial class OwnershipServiceTests
{
    [Fact]
    public async Task An_outage_is_logged_once_and_its_end_once()
    {
        await StartedAsync();
        using var registration = _runs.Register(await RunAsync("s"), _ => { });
        _log.IsAway = true;
        for (var i = 0; i < 10; i++)
        {
            await RoundsWaitAsync();
            var tries = _log.Tries;
            _time.Advance(TimeSpan.FromSeconds(3));
            await Wait.Until(() => _log.Tries >= tries + 2, "a renewal and a check");
        }

        Assert.Collection(
            _lines.Lines,
            line => Assert.StartsWith("Warning: The stream store is unavailable", line, StringComparison.Ordinal),
            line => Assert.StartsWith("Warning: This process's lease has not been renewed for ", line, StringComparison.Ordinal));
        _log.IsAway = false;
        await AdvanceAsync(TimeSpan.FromSeconds(3));
        Assert.Equal(["Information: The stream store is available again.", "Information: This process's lease is renewed again."], _lines.Lines.Skip(2).Order());
    }

    [Fact]
    public async Task A_lease_that_was_not_renewed_for_half_of_it_is_warned_of_once_and_renewed_as_soon_as_the_log_takes_it()
    {
        await StartedAsync();
        _log.IsAway = true;
        await AdvanceAsync(TimeSpan.FromSeconds(4.75));
        Assert.Empty(LeaseLines());

        await AdvanceAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(["Warning: This process's lease has not been renewed for 5 s. After 10 s other processes may recover its runs. It is tried again until the stream store takes it."], LeaseLines());

        var renewals = _log.Renewals;
        _log.IsAway = false;
        await AdvanceAsync(TimeSpan.FromSeconds(0.25));
        Assert.Equal(renewals + 1, _log.Renewals);
        Assert.True(_runs.IsLeaseHeld(Settings.Lease, _time));
        Assert.Equal("Information: This process's lease is renewed again.", LeaseLines()[^1]);
    }

    [Fact]
    public async Task A_renewal_without_an_answer_is_followed_by_others_and_counts_as_late()
    {
        await StartedAsync();
        _log.Hangs = true;
        var tries = _log.Tries;
        for (var i = 0; i < 5; i++)
        {
            await AdvanceAsync(TimeSpan.FromSeconds(1.5));
        }

        Assert.InRange(_log.Tries, tries + 3, tries + 10);
        Assert.Single(LeaseLines());
        _log.Hangs = false;
        await AdvanceAsync(TimeSpan.FromSeconds(2));
        Assert.Equal(2, LeaseLines().Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_that_the_log_throws_ends_the_renewals_or_the_checks(bool isRefusal)
    {
        await StartedAsync();
        var run = await RunAsync("s");
        var heard = new TaskCompletionSource<RunStatus>();
        using var registration = _runs.Register(run, heard.SetResult);
        _log.Fault = () => isRefusal ? new StorageRefusedException("NOPERM") : new InvalidOperationException("surprise");
        await AdvanceAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(
            ["Error: Looking for runs that were canceled failed. It is tried again.", "Error: Renewing this process's lease failed. It is tried again."],
            _lines.Lines.Where(line => line.StartsWith("Error", StringComparison.Ordinal)).Order());
        Assert.Single(LeaseLines());

        _log.LoseNotices = true;
        await _memory.CancelAsync(run.Key);
        var renewals = _log.Renewals;
        _log.Fault = null;
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(RunStatus.Canceled, await heard.Task.Within());
        Assert.NotEqual(renewals, _log.Renewals);
        Assert.False(_lifetime.ApplicationStopping.IsCancellationRequested);
    }
}
