using AgentStream.Grains.Agents;
using AgentStream.Grains.Output;
using AgentStream.Grains.Runs;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Queue;

namespace AgentStream.Grains.Queue;

/// <summary>Makes runs of prompts that waited. A prompt leaves the queue when the journal has it. A process that dies in between leaves it in both: then the journal is right.</summary>
internal sealed class QueuedRuns(RunEnvironment environment, ISessionJournal journal, AgentCatalog agents, IPromptQueue queue, RunFactory factory)
{
    /// <summary>Accepts a prompt in a session that is owned under its run id.</summary>
    /// <returns>The run, to let go; null when the prompt is not to be run (any more): then the session was given back.</returns>
    public async Task<AgentRun?> AcceptAsync(SessionState state, RunHandle run, QueuedPrompt next)
    {
        Agent agent;
        try
        {
            // Asked again as the owner: before, another process may have run or dropped the prompt.
            await environment.PatientlyAsync(() => state.ReadAsync(journal, run.Key), run.GivenUp);
            if (await environment.PatientlyAsync(() => queue.ReadAsync(run.Key, run.GivenUp).AsTask(), run.GivenUp) is not [var head, ..] || head != next || state.HasTaken(next.RunId))
            {
                await queue.RemoveAsync(run.Key, next);
                await run.FinishAsync(error: null, gracePeriod: TimeSpan.Zero);
                return null;
            }

            agent = agents.Get(next.Agent);
        }
        catch (UnknownAgentException e)
        {
            await queue.RemoveAsync(run.Key, next);
            await run.FinishAsync(environment.Errors.Crashed(run.Token, e));
            return null;
        }
        catch (Exception e)
        {
            await run.FinishAsync(environment.Errors.Crashed(run.Token, e));
            throw;
        }

        var accepted = factory.NewRun(agent, state, run);
        await accepted.AcceptAsync(next.Prompt, next is { IdempotencyKey: { } key, RequestHash: { } hash } ? new RequestKey(key, hash) : null, hasWaited: true, next.Tools);
        try
        {
            await queue.RemoveAsync(run.Key, next);
        }
        catch (StorageUnavailableException)
        {
            // The run continues. Whoever finds the prompt in the queue finds it in the journal, too.
        }

        return accepted;
    }
}
