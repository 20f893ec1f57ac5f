using AgentStream.Background;
using AgentStream.Storage.Tailing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Ownership;

/// <summary>
/// Keeps this process's hold on its runs: renews the lease, hears of cancels, and looks after registered runs once a second (after all of them when there are no more than 8,192,
/// else after as many, in turn), since a live flag can be taken away without a word. When the process shuts down in order it gives the lease up, so that others recover at once.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="identity">This process.</param>
/// <param name="runs">The runs to look after.</param>
/// <param name="options">The settings: the lease.</param>
/// <param name="time">The clock of both rounds.</param>
/// <param name="lifetime">Stops the process, should it not be able to keep its lease any more.</param>
/// <param name="logger">Takes what goes wrong, once, and a line when it is over.</param>
internal sealed class OwnershipService(
    IStreamStore store,
    SiloIdentity identity,
    RunRegistry runs,
    IOptions<StorageOptions> options,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<OwnershipService> logger)
    : EndlessService(lifetime, logger)
{
    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(1);

    private readonly LeaseRenewal _renewal = new(store, identity, runs, options.Value.Lease, time, logger);
    private readonly OutageLog _checkOutage = new(logger, "runs do not hear that they are canceled");

    // Notices may have been lost since the last check: it has to ask for all runs.
    private bool _isBlind;

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _renewal.GiveUpAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task WorkAsync(CancellationToken stopping)
    {
        // Neither ends before the other but by a fault, which must not wait for the other.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Task[] both = [_renewal.RunAsync(either.Token), CheckAsync(either.Token)];
        await Task.WhenAny(both);
        await either.CancelAsync();
        await Task.WhenAll(both);
    }

    private async Task CheckAsync(CancellationToken stopping)
    {
        using var wake = new Wake(time);
        var round = new RunCheckRotation(runs);
        var rounds = new Rounds("Looking for runs that were canceled", logger) { Unavailable = _checkOutage.Failed };
        IAsyncDisposable? watch = null;
        try
        {
            await rounds.RunAsync(LookAsync, token => wake.WaitAsync(CheckEvery, token).AsTask(), stopping);
        }
        finally
        {
            await (watch?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        async Task LookAsync(CancellationToken token)
        {
            try
            {
                if (watch is null)
                {
                    // What was canceled before is not noticed.
                    _isBlind = true;
                    watch = await store.WatchRunsAsync(identity.Id, run => Hear(run, wake), token);
                }
            }
            finally
            {
                // Also when no notice can be had.
                await CheckRunsAsync(round, token);
            }

            _checkOutage.Worked();
        }
    }

    private async Task CheckRunsAsync(RunCheckRotation round, CancellationToken stopping)
    {
        var wasBlind = Interlocked.Exchange(ref _isBlind, false);
        var asked = wasBlind ? runs.GetRuns() : round.Next();
        if (asked.Count == 0)
        {
            return;
        }

        try
        {
            var statuses = await store.CheckAsync(asked, stopping);
            for (var i = 0; i < asked.Count; i++)
            {
                runs.Tell(asked[i], statuses[i]);
            }
        }
        catch
        {
            // The next check makes up for this one, and for the notices that may be lost with it.
            _isBlind = true;
            throw;
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
