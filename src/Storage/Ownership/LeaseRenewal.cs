using AgentStream.Background;
using AgentStream.Logs;
using Microsoft.Extensions.Logging;

namespace AgentStream.Storage.Ownership;

/// <summary>Renews this process's lease on its runs, three times in its span, and as soon as the log takes it again after it did not.</summary>
/// <param name="store">The store.</param>
/// <param name="identity">This process.</param>
/// <param name="runs">Hears when the lease was renewed.</param>
/// <param name="lease">How long it holds.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes a warning when half of the lease has passed without a renewal, and a line when it is renewed again.</param>
internal sealed class LeaseRenewal(ISiloStore store, SiloIdentity identity, RunRegistry runs, TimeSpan lease, TimeProvider time, ILogger logger)
{
    private readonly ILogger _logger = logger.Safe();
    // Three renewals fit into a lease, so that one may be late and one lost.
    private const double RenewalsInLease = 0.3;

    // A try that has no answer by then is followed by another: a renewal may be repeated, and the log may be there again.
    private const double TryInLease = 0.15;

    private const double LateInLease = 0.5;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(250);

    private long _renewed;
    private bool _isLate;

    /// <summary>Renews until it is told to stop.</summary>
    /// <exception cref="OperationCanceledException">It was told.</exception>
    public Task RunAsync(CancellationToken stopping)
    {
        _renewed = time.GetTimestamp();
        var wait = TimeSpan.Zero;
        return new Rounds("Renewing this process's lease", logger).RunAsync(RenewAsync, token => Task.Delay(wait, time, token), stopping);

        async Task RenewAsync(CancellationToken token)
        {
            var sent = time.GetTimestamp();
            wait = RetryAfter;
            try
            {
                await TryAsync(token);
            }
            catch (Exception) when (!token.IsCancellationRequested)
            {
                WarnWhenLate();
                throw;
            }

            Renewed(sent);
            var next = (lease * RenewalsInLease) - time.GetElapsedTime(sent);
            wait = next > TimeSpan.Zero ? next : TimeSpan.Zero;
        }
    }

    /// <summary>Gives the lease up, so that others may take the runs over at once.</summary>
    public async Task GiveUpAsync(CancellationToken cancellationToken)
    {
        runs.Renewed(null);
        try
        {
            await store.RenewLeaseAsync(identity.Id, TimeSpan.Zero, cancellationToken);
        }
        catch (Exception exception)
        {
            _logger.LeaseNotGivenUp(exception, identity.Id);
        }
    }

    private async Task TryAsync(CancellationToken stopping)
    {
        using var patience = new CancellationTokenSource(lease * TryInLease, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, patience.Token);
        try
        {
            await store.RenewLeaseAsync(identity.Id, lease, either.Token);
        }
        catch (OperationCanceledException exception) when (!stopping.IsCancellationRequested)
        {
            throw new StorageUnavailableException("The stream store has not answered yet.", exception);
        }
    }

    private void Renewed(long sent)
    {
        runs.Renewed(sent);
        Interlocked.Exchange(ref _renewed, sent);
        if (_isLate)
        {
            _isLate = false;
            _logger.LeaseRenewed();
        }
    }

    private void WarnWhenLate()
    {
        var since = time.GetElapsedTime(_renewed);
        if (!_isLate && since >= lease * LateInLease)
        {
            _isLate = true;
            _logger.LeaseLate(since.TotalSeconds, lease.TotalSeconds);
        }
    }
}
