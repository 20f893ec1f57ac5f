using AgentStream.Grains.Telemetry;

namespace AgentStream.Grains.Runs;

/// <summary>What is seen of a run from outside: its span, and what is counted.</summary>
internal sealed partial class AgentRun
{
    private RunSpan? _span;

    /// <summary>Where its stream begins.</summary>
    public Cursor Begin => run.Begin;

    /// <summary>How many entries this process has appended.</summary>
    public long Written => run.Written;

    /// <summary>
    /// Runs to the <c>end</c>, or until it leaves for another process. Whatever goes wrong is said in the stream; this fails only when the session was lost or the log stayed away.
    /// </summary>
    /// <returns>How it ended.</returns>
    public async Task<RunResult> ExecuteAsync()
    {
        environment.Metrics.RunBegan(agent.Name, _progress is not null ? RunOutcomes.Recovered : _continues ? RunOutcomes.Continued : RunOutcomes.Started);
        _span?.Enter();
        RunResult? result = null;
        try
        {
            return result = await WorkAsync();
        }
        catch (OwnershipLostException e)
        {
            result = Lost(e);
            throw;
        }
        catch (Exception e)
        {
            result = RunResult.Crashed(e, environment.Errors.Of(e));
            throw;
        }
        finally
        {
            var (outcome, reason) = End(result!);
            environment.Metrics.RunEnded(agent.Name, outcome, reason);
            if (outcome != RunOutcomes.Lost)
            {
                environment.Metrics.SessionGrew(journal.History.Size);
            }
        }
    }

    private (string Outcome, string? Reason) End(RunResult result)
    {
        var outcome = result.Ending switch
        {
            RunEnding.Completed => RunOutcomes.Completed,
            RunEnding.Canceled => RunOutcomes.Canceled,
            RunEnding.Paused => RunOutcomes.Paused,
            RunEnding.HandedOff => RunOutcomes.HandedOff,
            _ => result.Failure is OwnershipLostException ? RunOutcomes.Lost : RunOutcomes.Crashed,
        };
        var error = outcome == RunOutcomes.Crashed ? result.Error : null;
        _span?.End(outcome, error?.Reason, error?.Message);
        return (outcome, error?.Reason);
    }
}
