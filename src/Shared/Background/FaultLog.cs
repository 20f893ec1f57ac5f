using System.Collections.Concurrent;
using AgentStream.Logs;
using Microsoft.Extensions.Logging;

namespace AgentStream.Background;

/// <summary>Says each fault of a piece of work once, until the work has succeeded again or fails in another way.</summary>
/// <param name="logger">Takes the lines.</param>
internal sealed class FaultLog(ILogger logger)
{
    // What is remembered only saves lines of the log, so it may be forgotten when it is this much.
    private const int Most = 1_024;

    private readonly ConcurrentDictionary<string, string> _known = new();
    private readonly ILogger _logger = logger.Safe();

    /// <summary>Whether a fault has not been said yet. It counts as said from now on.</summary>
    /// <param name="work">The piece of work.</param>
    /// <param name="fault">What went wrong.</param>
    public bool IsNew(string work, string fault)
    {
        if (_known.TryGetValue(work, out var known) && known == fault)
        {
            return false;
        }

        if (_known.Count >= Most)
        {
            _known.Clear();
        }

        _known[work] = fault;
        return true;
    }

    /// <summary>Logs a fault as an error, unless it has been said already.</summary>
    /// <param name="work">The piece of work, as the end of a sentence: "... failed".</param>
    /// <param name="fault">What went wrong.</param>
    public void Failed(string work, Exception fault)
    {
        if (IsNew(work, fault.Message))
        {
            _logger.WorkFailed(fault, work);
        }
    }

    /// <summary>
    /// Does one piece of work of several: its fault is said once, and does not keep the others waiting. A store that is away, and an order to stop, end the others, too.
    /// </summary>
    /// <param name="work">The piece of work.</param>
    /// <param name="act">Does it.</param>
    /// <exception cref="StorageUnavailableException">The store is away.</exception>
    /// <exception cref="OperationCanceledException">The order to stop came.</exception>
    public async Task TryAsync(string work, Func<Task> act)
    {
        try
        {
            await act();
            Worked(work);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or StorageUnavailableException))
        {
            Failed(work, exception);
        }
    }

    /// <summary>The work has succeeded: its next fault is news.</summary>
    /// <param name="work">The piece of work.</param>
    public void Worked(string work) => _known.TryRemove(work, out _);
}
