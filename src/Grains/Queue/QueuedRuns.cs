using AgentStream.Grains.Agents;
using AgentStream.Grains.Output;
using AgentStream.Grains.Runs;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Queue;

namespace AgentStream.Grains.Queue;

/// <summary>Makes runs of prompts that waited. A prompt leaves the queue when the journal has it. A process that dies in between leaves it in both: then the journal is right.</summary>
internal sealed class QueuedRuns(RunEnvironment environment, ISessionJournal journal, AgentCatalog agents, IPromptQueue queue, RunFactory factory)
{
    /// <summary>The prompt that is next; null when none waits.</summary>
    public async Task<QueuedPromptInfo?> NextAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        var waiting = await queue.ListAsync(key, cancellationToken);
        environment.Metrics.Sessions.SetQueued(key, waiting.Count);
        return waiting is [var next, ..] ? next : null;
    }

    /// <summary>Accepts the first prompt that waits for a session, if the session is free.</summary>
    /// <param name="key">The session.</param>
    /// <param name="find">Gives its state, which is not lent to a run; called when a prompt waits.</param>
    /// <returns>The run, to let go; null for none.</returns>
    public async Task<AgentRun?> StartNextAsync(SessionKey key, Func<SessionState> find)
    {
        SessionState? state = null;
        while (await NextAsync(key) is { } next)
        {
            state ??= find();
            await state.ReadAsync(journal, key);
            if (state.Requests.Open.Count > 0)
            {
                // The turn before is not over.
                return null;
            }

            // The journal has a prompt whose process died before it could take it out.
            if (state.HasTaken(next.RunId) || await queue.FindAsync(key, next.RunId) is not { } prompt)
            {
                await RemoveAsync(key, next.RunId);
                continue;
            }

            RunHandle handle;
            try
            {
                handle = await RunHandle.StartAsync(environment, key, next.RunId, isLimited: true);
            }
            catch (SessionBusyException)
            {
                // Another process was faster, or another prompt. Its end starts this one.
                return null;
            }
            catch (LimitExceededException)
            {
                // The user has as many runs as may be. The next look tries again.
                return null;
            }

            // Without a run it was dropped, and the end of that starts the next.
            return await AcceptAsync(state, handle, prompt);
        }

        return null;
    }

    /// <summary>Accepts a prompt in a session that is owned under its run id.</summary>
    /// <returns>The run, to let go; null when the prompt is not to be run (any more): then the session was given back.</returns>
    public async Task<AgentRun?> AcceptAsync(SessionState state, RunHandle run, QueuedPrompt next)
    {
        Agent agent;
        try
        {
            // Asked again as the owner: before, another process may have run or dropped the prompt.
            await environment.PatientlyAsync(() => state.ReadAsync(journal, run.Key), run.GivenUp);
            if ((await environment.PatientlyAsync(() => NextAsync(run.Key, run.GivenUp), run.GivenUp))?.RunId != next.RunId || state.HasTaken(next.RunId))
            {
                await RemoveAsync(run.Key, next.RunId);
                await run.FinishAsync(error: null, gracePeriod: TimeSpan.Zero);
                return null;
            }

            agent = agents.Get(next.Agent);
        }
        catch (UnknownAgentException e)
        {
            await RemoveAsync(run.Key, next.RunId);
            await factory.EndAsync(run, next.Agent, next.Webhook, environment.Errors.Crashed(run.Token, e));
            return null;
        }
        catch (Exception e)
        {
            await run.FailToStartAsync(environment.Errors.Crashed(run.Token, e));
            throw;
        }

        var accepted = factory.NewRun(agent, state, run);
        try
        {
            var request = next is { IdempotencyKey: { } key, RequestHash: { } hash } ? new RequestKey(key, hash) : null;
            if (await accepted.AcceptAsync(next.Prompt, request, hasWaited: true, next.Tools, next.Caller, next.Webhook, next.Traceparent) is not null)
            {
                // The same request was queued twice, by two activations, and the first has been a run.
                await RemoveAsync(run.Key, next.RunId);
                environment.Waker?.Wake(run.Key);
                return null;
            }
        }
        catch (LimitExceededException)
        {
            // The stream says so. It is not tried again: that would need something to be deleted.
            await RemoveAsync(run.Key, next.RunId);
            environment.Waker?.Wake(run.Key);
            return null;
        }

        try
        {
            await RemoveAsync(run.Key, next.RunId);
        }
        catch (StorageUnavailableException)
        {
            // The run continues. Whoever finds the prompt in the queue finds it in the journal, too.
        }

        return accepted;
    }

    private async Task RemoveAsync(SessionKey key, string runId)
    {
        await queue.RemoveAsync(key, runId);
        environment.Metrics.Sessions.RemoveQueued(key);
    }
}
