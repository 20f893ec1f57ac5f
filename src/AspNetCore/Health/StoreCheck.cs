using AgentStream.Logs;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Health;

/// <summary>Whether a store answers in time: it is asked for something that costs little.</summary>
/// <param name="name">The check's name.</param>
/// <param name="read">Asks.</param>
/// <param name="options">The settings: the time.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes what the store said, for an operator who wants to see it: a store that is away says so itself.</param>
internal sealed class StoreCheck(string name, Func<CancellationToken, Task> read, IOptions<AgentStreamHealthOptions> options, TimeProvider time, ILogger<StoreCheck> logger) : IHealthCheck
{
    // Of a store that hangs, and does not give up when it is told to.
    private const int MostPending = 8;

    private readonly ILogger _logger = logger.Safe();
    private int _pending;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (Volatile.Read(ref _pending) >= MostPending)
        {
            return HealthCheckResult.Unhealthy(HealthWords.TimedOut);
        }

        using var giveUp = new CancellationTokenSource(options.Value.CheckTimeout, time);
        try
        {
            await ReadAsync(giveUp.Token).WaitAsync(options.Value.CheckTimeout, time, cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (exception is TimeoutException || giveUp.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy(HealthWords.TimedOut);
        }
#pragma warning disable CA1031 // Whatever a store throws, it does not answer.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _logger.CheckFailed(exception, name);
            return HealthCheckResult.Unhealthy(HealthWords.Failed);
        }
    }

    private async Task ReadAsync(CancellationToken giveUp)
    {
        Interlocked.Increment(ref _pending);
        try
        {
            // A store of the program's own may block before it returns its task.
            await Task.Run(() => read(giveUp), CancellationToken.None);
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }
}
