using AgentStream.Grains.Agents;
using AgentStream.Grains.Runs;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Queue;

namespace AgentStream.Grains.Queue;

/// <summary>Makes a run of a prompt that has waited. It leaves the queue when the journal has it, so a process that dies in between leaves it in both: then the journal is right.</summary>
internal static class QueuedRun
{
    /// <summary>Accepts the prompt in a session that is owned under its run id.</summary>
    /// <returns>The run, to let go; null when the prompt is not to be run (any more): then the session was given back.</returns>
    public static async Task<AgentRun?> AcceptAsync(
        RunEnvironment environment, ISessionJournal journal, AgentCatalog agents, SessionState history, IPromptQueue queue, Deps deps, QueuedPrompt next)
    {
        Agent agent;
        try
        {
            // Asked again as the owner: before, another process may have run or dropped the prompt.
            var stop = deps.Run.GivenUp;
            await environment.PatientlyAsync(() => history.ReadAsync(journal, deps.Key), stop);
            if (await environment.PatientlyAsync(() => queue.ReadAsync(deps.Key, stop).AsTask(), stop) is not [var head, ..] || head != next || history.LastWaitedRunId == next.RunId)
            {
                await queue.RemoveAsync(deps.Key, next);
                await deps.StopAsync(TimeSpan.Zero);
                return null;
            }

            agent = agents.Get(next.Agent);
        }
        catch (UnknownAgentException e)
        {
            await queue.RemoveAsync(deps.Key, next);
            await deps.StopAsync(Protocol.CrashedPrefix + environment.Words.Of(e), null);
            return null;
        }
        catch (Exception e)
        {
            await deps.StopAsync(Protocol.CrashedPrefix + environment.Words.Of(e), null);
            throw;
        }

        var run = new AgentRun(environment, journal, agent, history, deps);
        await run.AcceptAsync(next.Prompt, hasWaited: true);
        try
        {
            await queue.RemoveAsync(deps.Key, next);
        }
        catch (StorageUnavailableException)
        {
            // The run continues; who finds the prompt waiting finds it in the journal, too.
        }

        return run;
    }
}
