using System.Collections.Concurrent;
using AgentStream.Logs;
using Microsoft.Extensions.Logging;

namespace AgentStream.Storage.Ownership;

/// <summary>The runs of this process that want to hear when they are canceled or lost, also while they write nothing.</summary>
/// <param name="logger">Takes what a callback throws.</param>
public sealed class RunRegistry(ILogger<RunRegistry> logger)
{
    private readonly ConcurrentDictionary<RunToken, Registration> _runs = new();
    private long _renewed = long.MinValue;

    /// <summary>How many runs are registered.</summary>
    public int Count => _runs.Count;

    /// <summary>Gets the runs that are registered now.</summary>
    /// <returns>A new array, in no order.</returns>
    public RunToken[] GetRuns() => [.. _runs.Keys];

    /// <summary>Gets whether a run is registered.</summary>
    /// <param name="run">The run.</param>
    /// <returns>True if it is, in the turn that <paramref name="run"/> names.</returns>
    public bool Has(RunToken run) => _runs.ContainsKey(run);

    /// <summary>
    /// Whether this process's lease holds, by this process's own clock: then nobody can have taken its runs over. A process that was paused, or could not reach the log, finds that it
    /// does not; whether its runs are still its own, the log has to say then.
    /// </summary>
    /// <param name="lease">How long a lease holds from the moment that its renewal was sent.</param>
    /// <param name="time">The clock.</param>
    /// <returns>True if it holds.</returns>
    public bool IsLeaseHeld(TimeSpan lease, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        var renewed = Interlocked.Read(ref _renewed);
        return renewed != long.MinValue && time.GetElapsedTime(renewed) < lease;
    }

    /// <summary>Notes that the lease was renewed.</summary>
    /// <param name="sent">The clock's timestamp when the renewal was sent; null when the lease was given up.</param>
    internal void Renewed(long? sent) => Interlocked.Exchange(ref _renewed, sent ?? long.MinValue);

    /// <summary>Asks to be told how a run stands when that changes; a new run counts as <see cref="RunStatus.Live"/>.</summary>
    /// <param name="run">The run; it owns its session.</param>
    /// <param name="changed">Called with the new status, on any thread, never twice at a time nor twice with the same; it must not block.</param>
    /// <returns>Ends the registration when disposed.</returns>
    /// <exception cref="InvalidOperationException">The run is registered already.</exception>
    public IDisposable Register(RunToken run, Action<RunStatus> changed)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(changed);
        var registration = new Registration(_runs, run, changed);
        return _runs.TryAdd(run, registration)
            ? registration
            : throw new InvalidOperationException($"Run {run.RunId} of session {run.Key} is registered already.");
    }

    /// <summary>Tells a run how it stands, if it is registered and does not know.</summary>
    /// <param name="run">The run.</param>
    /// <param name="status">How it stands. A run does not come back: what is older than what it knows is left out.</param>
    internal void Tell(RunToken run, RunStatus status)
    {
        if (!_runs.TryGetValue(run, out var registration))
        {
            return;
        }

        lock (registration)
        {
            if (status <= registration.Known)
            {
                return;
            }

            registration.Known = status;
            try
            {
                registration.Changed(status);
            }
            catch (Exception exception)
            {
                logger.Safe().StatusNotTaken(exception, run.RunId, run.Key, status);
            }
        }
    }

    private sealed class Registration(ConcurrentDictionary<RunToken, Registration> runs, RunToken run, Action<RunStatus> changed) : IDisposable
    {
        public Action<RunStatus> Changed { get; } = changed;

        public RunStatus Known { get; set; } = RunStatus.Live;

        public void Dispose() => runs.TryRemove(KeyValuePair.Create(run, this));
    }
}
