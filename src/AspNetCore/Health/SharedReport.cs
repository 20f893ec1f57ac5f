using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AgentStream.AspNetCore.Health;

/// <summary>What checks found, for all who ask: it is kept for a second, and one check at a time is under way. So probes are no way to put load on the stores.</summary>
/// <param name="check">Checks.</param>
/// <param name="time">The clock.</param>
internal sealed class SharedReport(Func<Task<HealthReport>> check, TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<HealthReport>? _report;
    private long _done;

    /// <summary>The report.</summary>
    /// <param name="patience">How long to wait for it.</param>
    /// <returns>Null when there is none in that time: a check does not end.</returns>
    public async Task<HealthReport?> ReadAsync(TimeSpan patience)
    {
        try
        {
            return await Latest().WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private Task<HealthReport> Latest()
    {
        lock (_gate)
        {
            return _report is null || _report.IsCompleted && time.GetElapsedTime(Interlocked.Read(ref _done)) >= Kept ? _report = Task.Run(CheckAsync) : _report;
        }
    }

    private async Task<HealthReport> CheckAsync()
    {
        try
        {
            return await check();
        }
        finally
        {
            Interlocked.Exchange(ref _done, time.GetTimestamp());
        }
    }
}
