using AgentStream.EventLog.Tailing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.EventLog;

/// <summary>
/// Keeps this process's hold on its runs: renews the lease, hears of cancels, and looks after registered runs once a second (after all of them when there are no more than 8,192,
/// else after as many, in turn), since a live flag can be taken away without a word. When the process shuts down in order it gives the lease up, so that others take over at once.
/// </summary>
/// <param name="log">The log.</param>
/// <param name="identity">This process.</param>
/// <param name="runs">The runs to look after.</param>
/// <param name="options">The settings: the lease.</param>
/// <param name="time">The clock of both rounds.</param>
/// <param name="logger">Takes a line when the log goes away, and one when it is back.</param>
public sealed class SiloLease(
    IEventLog log, SiloIdentity identity, OwnedRuns runs, IOptions<AgentStreamOptions> options, TimeProvider time, ILogger<SiloLease> logger)
    : BackgroundService
{
    // Three renewals fit into a lease, so that one may be late and one lost.
    private const double RenewalsInLease = 0.3;

    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(1);

    // Notices may have been lost since the last check: it has to ask for all runs.
    private bool _isBlind;

    private readonly OutageLog _renewOutage = new(logger, "this process's lease is not renewed, and when it has expired others may take its runs over");
    private readonly OutageLog _checkOutage = new(logger, "runs do not hear that they are canceled");

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        runs.Renewed(null);
        try
        {
            await log.RenewLeaseAsync(identity.Id, TimeSpan.Zero, cancellationToken);
        }
        catch (Exception exception) when (exception is LogUnavailableException or OperationCanceledException)
        {
            logger.LogWarning(exception, "The lease of silo {SiloId} could not be given up; it expires by itself.", identity.Id);
        }
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(RenewAsync(stoppingToken), CheckAsync(stoppingToken));

    private async Task RenewAsync(CancellationToken stopping)
    {
        var lease = options.Value.Lease;
        using var timer = new PeriodicTimer(lease * RenewalsInLease, time);
        do
        {
            try
            {
                var sent = time.GetTimestamp();
                await log.RenewLeaseAsync(identity.Id, lease, stopping);
                runs.Renewed(sent);
                _renewOutage.Worked();
            }
            catch (LogUnavailableException exception)
            {
                _renewOutage.Failed(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stopping));
    }

    private async Task CheckAsync(CancellationToken stopping)
    {
        using var wake = new Wake(time);
        var round = new CheckRound(runs);
        IAsyncDisposable? watch = null;
        try
        {
            while (true)
            {
                try
                {
                    watch ??= await log.WatchRunsAsync(identity.Id, run => Hear(run, wake), stopping);
                    await CheckRunsAsync(round, stopping);
                    _checkOutage.Worked();
                }
                catch (LogUnavailableException exception)
                {
                    _isBlind = true;
                    _checkOutage.Failed(exception);
                }

                await wake.WaitAsync(CheckEvery, stopping);
            }
        }
        finally
        {
            if (watch is not null)
            {
                await watch.DisposeAsync();
            }
        }
    }

    private async Task CheckRunsAsync(CheckRound round, CancellationToken stopping)
    {
        var asked = Interlocked.Exchange(ref _isBlind, false) ? runs.Runs : round.Next();
        if (asked.Count == 0)
        {
            return;
        }

        var statuses = await log.CheckAsync(asked, stopping);
        for (var i = 0; i < asked.Count; i++)
        {
            runs.Tell(asked[i], statuses[i]);
        }
    }

    private void Hear(RunToken? canceled, Wake wake)
    {
        if (canceled is null)
        {
            _isBlind = true;
            wake.Set();
        }
        else
        {
            runs.Tell(canceled, RunStatus.Canceled);
        }
    }
}
