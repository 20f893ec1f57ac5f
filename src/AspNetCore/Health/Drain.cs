using AgentStream.Logs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Health;

/// <summary>
/// Passes an order to stop on, after a time in which the process is not ready and serves as before, so that whoever sends requests goes elsewhere first. It hears the order in the place of the host's own
/// lifetime: that one breaks off listeners and has runs leave at once.
/// </summary>
internal sealed class Drain(IHostApplicationLifetime host, IOptions<AgentStreamHealthOptions> options, TimeProvider time, ILogger<Drain> logger) : IHostApplicationLifetime, IDisposable
{
    private int _orders;
    private ITimer? _timer;

    /// <summary>Whether the process was told to stop.</summary>
    public bool IsDraining => Volatile.Read(ref _orders) > 0 || host.ApplicationStopping.IsCancellationRequested;

    public CancellationToken ApplicationStarted => host.ApplicationStarted;

    public CancellationToken ApplicationStopping => host.ApplicationStopping;

    public CancellationToken ApplicationStopped => host.ApplicationStopped;

    /// <summary>Stops the process after the delay. A second order, and one that comes during the start, stops it at once.</summary>
    public void StopApplication()
    {
        var isFirst = Interlocked.Increment(ref _orders) == 1;
        var delay = options.Value.DrainDelay;
        if (!isFirst || delay == TimeSpan.Zero || !host.ApplicationStarted.IsCancellationRequested)
        {
            host.StopApplication();
            return;
        }

        logger.Safe().DrainBegins(delay.TotalSeconds);
        _timer = time.CreateTimer(_ => host.StopApplication(), null, delay, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer?.Dispose();
}
