using AgentStream.Grains.Output;
using AgentStream.Grains.Runs;
using AgentStream.Grains.Telemetry;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Queue;

namespace AgentStream.Grains.Queue;

/// <summary>What a prompt can do about a run that is in its way.</summary>
internal sealed class BusySessionPolicy(RunEnvironment environment, IPromptQueue queue)
{
    // A canceled run ends within a second, unless its process is dead: then it ends when the lease is over and another has recovered it.
    private static readonly TimeSpan EndAfterLease = TimeSpan.FromSeconds(3);

    // A grain call has 30 s for its answer.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>Whether prompts wait for the session already.</summary>
    public async ValueTask<bool> IsWaitedForAsync(SessionKey key) => await queue.CountAsync(key) > 0;

    /// <summary>The place of a prompt that waits already; null for none.</summary>
    /// <exception cref="IdempotencyConflictException">Another prompt that waits has its key.</exception>
    public async Task<StartedRun?> FindWaitingAsync(SessionKey key, RequestKey request)
    {
        var waiting = await queue.ListAsync(key);
        var place = waiting.TakeWhile(prompt => prompt.IdempotencyKey != request.Key).Count();
        return place == waiting.Count ? null
            : waiting[place].RequestHash == request.Hash ? new StartedRun(waiting[place].RunId, Cursor.Start, place + 1)
            : throw new IdempotencyConflictException(request.Key);
    }

    /// <summary>Lets a prompt wait for its turn.</summary>
    /// <exception cref="SessionBusyException">Too many wait for it.</exception>
    /// <exception cref="LimitExceededException">Too many wait for all sessions of its user, or of its scope.</exception>
    public async Task<StartedRun> WaitAsync(SessionKey key, Agent agent, RunRequest request, RequestKey? requestKey, RunCaller? caller)
    {
        var waiting = new QueuedPrompt(Guid.CreateVersion7().ToString(), agent.Name, request.Prompt, environment.Time.GetUtcNow())
        {
            Steers = request.OnBusy == BusySessionBehavior.Steer,
            IdempotencyKey = requestKey?.Key,
            RequestHash = requestKey?.Hash,
            Tools = request.Tools is { Count: > 0 } tools ? tools : null,
            Caller = caller,
            Webhook = request.Webhook,
            Traceparent = Spans.Traceparent,
        };
        var place = await queue.AddAsync(key, waiting, environment.Options.Limits);
        environment.Metrics.Sessions.SetQueued(key, place == 0 ? IPromptQueue.MaxQueued : place);
        if (place == 0)
        {
            throw new SessionBusyException(key.ToString(), $"{IPromptQueue.MaxQueued} prompts wait for it already");
        }

        await WakeIfFreeAsync(key);
        return new StartedRun(waiting.RunId, Cursor.Start, place);
    }

    /// <summary>The run in the way may have ended before the prompt was in the queue, and then its end has found nothing there.</summary>
    private async Task WakeIfFreeAsync(SessionKey key)
    {
        try
        {
            if (await environment.Store.FindRunAsync(key) is not { HasEnded: false })
            {
                environment.Waker?.Wake(key);
            }
        }
        catch (StorageUnavailableException)
        {
            // The prompt was accepted, and the next look finds it.
        }
    }

    /// <summary>Starts a run, when a run that is in the way has ended.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancel">Cancels the session's run first; null lets it end by itself.</param>
    /// <exception cref="SessionBusyException">It does not end in time.</exception>
    /// <exception cref="LimitExceededException">Its user, or its scope, has as many runs as may be.</exception>
    public async Task<RunHandle> StartAsync(SessionKey key, Func<Task<bool>>? cancel = null)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var watch = await environment.Store.WatchAsync(key, _ => Volatile.Read(ref ended).TrySetResult());
        var (since, patience) = (environment.Time.GetTimestamp(), environment.Lease + EndAfterLease);
        if (cancel is not null)
        {
            await cancel();
        }

        while (true)
        {
            var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref ended, next);
            try
            {
                return await RunHandle.StartAsync(environment, key, isLimited: true);
            }
            catch (SessionBusyException) when (environment.Time.GetElapsedTime(since) < (patience < LongestWait ? patience : LongestWait))
            {
                await next.Task.WaitAsync(LookEvery, environment.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }
    }
}
