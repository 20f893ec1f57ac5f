using AgentStream.Grains.Output;
using AgentStream.Storage;
using AgentStream.Storage.Timers;

namespace AgentStream.Grains.Approvals;

/// <summary>
/// Says when the requests of a run that is about to pause expire. The index has the session before the journal has the requests: a process that dies in between leaves an entry that does no harm, and
/// the run, when it is recovered, pauses again.
/// </summary>
internal sealed class RequestTimers(RunEnvironment environment, ISessionTimers timers)
{
    /// <summary>Has the session looked at when its requests expire.</summary>
    /// <param name="run">The run, which owns the session.</param>
    /// <param name="agent">Its agent.</param>
    /// <param name="requests">What it is about to wait for.</param>
    /// <param name="other">When it has to be looked at for something else; null for never.</param>
    /// <param name="giveUp">Gives up on an index that is away.</param>
    /// <returns>The requests with their time; as they were when they do not expire.</returns>
    public async Task<IReadOnlyList<PendingRequest>> SetAsync(RunToken run, Agent agent, IReadOnlyList<PendingRequest> requests, DateTimeOffset? other, CancellationToken giveUp)
    {
        if ((agent.Bounds.ApprovalTimeout ?? environment.Options.ApprovalTimeout) is not { } timeout || timeout == Timeout.InfiniteTimeSpan)
        {
            return requests;
        }

        // In whole milliseconds, as the index has it.
        var due = DateTimeOffset.FromUnixTimeMilliseconds((environment.Time.GetUtcNow() + timeout).ToUnixTimeMilliseconds());
        var first = other < due ? other.Value : due;
        await environment.PatientlyAsync(() => timers.SetAsync(run, first, giveUp).AsTask(), giveUp);
        return [.. requests.Select(request => request with { ExpiresAt = due })];
    }
}
