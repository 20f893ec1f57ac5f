using System.Runtime.CompilerServices;
using AgentStream.Background;
using AgentStream.Storage;
using AgentStream.Storage.Sessions;
using AgentStream.Storage.Tailing;

namespace AgentStream;

/// <summary>Starts, follows, cancels and finds runs, from within the process or cluster that runs them.</summary>
/// <param name="grains">Finds the grains.</param>
/// <param name="streams">The sessions' streams.</param>
/// <param name="hub">This process's listening to the event streams.</param>
/// <param name="events">What happens to users' sessions.</param>
/// <param name="time">The clock of waits for a run's turn; null for the system's.</param>
public sealed partial class AgentStreamClient(IGrainFactory grains, IStreamReader streams, StreamHub hub, ISessionEvents events, TimeProvider? time = null) : IAgentStreamClient
{
    // Well below the pause between a run's end and the start of the next prompt that waits, so that no run is overlooked.
    private static readonly TimeSpan LookForTurn = TimeSpan.FromMilliseconds(100);

    // Long enough for a grain that is there, and well below the time after which a silo that was killed is missed.
    private static readonly TimeSpan WaitForGrain = TimeSpan.FromSeconds(1);

    // Listeners wait until a store that is away is there again.
    private static readonly Patience Patience = new(LookForTurn);

    // Whether it still waits at all is asked so many looks apart.
    private const int LooksAtQueue = 20;

    /// <inheritdoc/>
    public Task<StartedRun> StartAsync(SessionKey key, RunRequest request, CancellationToken cancellationToken = default) =>
        Session(key).StartAsync(request).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StreamEntry> StartAndListenAsync(
        SessionKey key, RunRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var run = await StartAsync(key, request, cancellationToken).ConfigureAwait(false);
        await foreach (var streamEvent in FollowAsync(key, run, cancellationToken).ConfigureAwait(false))
        {
            yield return streamEvent;
        }
    }

    /// <summary>Follows one run of a session from its <c>begin</c>, without <c>end</c>, at which it completes. A run that waits for its turn is waited for.</summary>
    /// <param name="key">The session.</param>
    /// <param name="runId">The run. One that neither waits nor is the session's last, or one of the <see cref="StreamRules.PastRuns"/> before it, has no events.</param>
    /// <param name="cancellationToken">Ends the listening; the run continues.</param>
    /// <returns>The events, each once and in order.</returns>
    /// <exception cref="OperationCanceledException">The listening was ended by the token.</exception>
    /// <exception cref="RunFailedException">The run's last events were gone before they were read.</exception>
    public async IAsyncEnumerable<StreamEntry> FollowAsync(SessionKey key, string runId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (await FindBeginAsync(key, runId, cancellationToken).ConfigureAwait(false) is { } begin)
        {
            await foreach (var streamEvent in FollowAsync(key, begin, cancellationToken).ConfigureAwait(false))
            {
                yield return streamEvent;
            }
        }
    }

    /// <summary>Follows a run that was just started, from its <c>begin</c>, without <c>end</c>, at which it completes. A run that waits for its turn is waited for.</summary>
    /// <param name="key">The session.</param>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Ends the listening; the run continues.</param>
    /// <returns>The events of this run and no other, each once and in order.</returns>
    /// <exception cref="OperationCanceledException">The listening was ended by the token.</exception>
    /// <exception cref="RunFailedException">The run's last events were gone before they were read.</exception>
    public IAsyncEnumerable<StreamEntry> FollowAsync(SessionKey key, StartedRun run, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        return run.QueuePosition == 0 && run.Begin != Cursor.Start ? FollowAsync(key, run.Begin, cancellationToken) : FollowAsync(key, run.RunId, cancellationToken);
    }

    /// <summary>Whether a run waits for its turn in a session, or is the session's last, or one of the <see cref="StreamRules.PastRuns"/> before it.</summary>
    /// <param name="key">The session.</param>
    /// <param name="runId">The run.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>True if there is something to follow.</returns>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    public async Task<bool> IsKnownAsync(SessionKey key, string runId, CancellationToken cancellationToken = default) =>
        await streams.FindRunAsync(key, runId, cancellationToken).ConfigureAwait(false) is not null
        || await Session(key).IsWaitingAsync(runId).WaitAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>The run that an event is of, when somebody who has it still misses something of that run: the session's last run, or one of the <see cref="StreamRules.PastRuns"/> before it.</summary>
    /// <param name="key">The session.</param>
    /// <param name="place">The event's cursor.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The run, to be followed from its <c>begin</c>; null when it is not known any more, or nothing but its <c>end</c> comes after the event.</returns>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    public async Task<StartedRun?> FindUnreadRunAsync(SessionKey key, Cursor place, CancellationToken cancellationToken = default)
    {
        if (await streams.FindRunAtAsync(key, place.InStream, cancellationToken).ConfigureAwait(false) is not { } run)
        {
            return null;
        }

        var next = await streams.ReadAsync(key, place.InStream, count: 1, cancellationToken).ConfigureAwait(false);
        return next.Events is [{ IsBegin: false, IsEnd: false }, ..] ? new StartedRun(run.Run.RunId, run.Begin) : null;
    }

    /// <summary>Follows a session in its stream alone.</summary>
    private async IAsyncEnumerable<StreamEntry> ListenToStreamAsync(SessionKey key, Cursor? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var isOver = false; !isOver;)
        {
            var (hasSome, end) = (false, (Cursor?)null);
            await foreach (var streamEvent in hub.ListenAsync(key, after, cancellationToken).ConfigureAwait(false))
            {
                if (streamEvent.IsEnd)
                {
                    end = streamEvent.Cursor;
                    continue;
                }

                hasSome = true;
                yield return streamEvent;
            }

            if (hasSome && end is null)
            {
                throw new RunFailedException(key.ToString(), "its stream was gone before its end");
            }

            // Who had seen all of a run but its end is owed the next one.
            isOver = hasSome || after is null || end is null;
            after = end;
        }
    }

    private async IAsyncEnumerable<StreamEntry> FollowAsync(SessionKey key, Cursor begin, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var streamEvent in ListenToStreamAsync(key, begin.Previous, cancellationToken).ConfigureAwait(false))
        {
            if (streamEvent.IsBegin && streamEvent.Cursor != begin)
            {
                throw new RunFailedException(key.ToString(), "the run's last events were gone before they were read");
            }

            yield return streamEvent;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The session's grain stops its run at once. Where the grain does not answer within a second, the stream store is asked. What it is asked for is the end of one run: a call that reaches the grain
    /// late does nothing to the next one.
    /// </remarks>
    public async Task<bool> CancelAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        using var patience = new CancellationTokenSource(WaitForGrain, Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        CancelRequest? request = null;
        try
        {
            if (await AnswerAsync(Session(key).GetLiveRunIdAsync(), either.Token).ConfigureAwait(false) is { } runId)
            {
                request = CancelRequest.Of(runId);
                return await AnswerAsync(Session(key).CancelAsync(request), either.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is not StorageUnavailableException && !cancellationToken.IsCancellationRequested)
        {
            // The store decides, whatever became of the grain.
        }

        return await streams.CancelAsync(key, request, cancellationToken).ConfigureAwait(false);

        static async Task<T> AnswerAsync<T>(Task<T> answer, CancellationToken cancellationToken)
        {
            answer.Ignore();
            return await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task<bool> IsLiveAsync(SessionKey key, CancellationToken cancellationToken = default) => streams.IsLiveAsync(key, cancellationToken);

    /// <inheritdoc/>
    public Task<SessionKey[]> GetLiveSessionsAsync(UserKey user, bool includeExternal = false, CancellationToken cancellationToken = default) =>
        grains.GetGrain<IRegistryGrain>(user.ToString()).GetLiveSessionsAsync(includeExternal).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<SessionSummary[]> ListSessionsAsync(UserKey user, int count = SessionSummary.DefaultCount, CancellationToken cancellationToken = default) =>
        grains.GetGrain<IRegistryGrain>(user.ToString()).ListSessionsAsync(count).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<SessionPage> ListSessionsAsync(UserKey user, SessionQuery query, CancellationToken cancellationToken = default) =>
        grains.GetGrain<IRegistryGrain>(user.ToString()).ListSessionsAsync(query).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<LimitUsage[]> GetLimitsAsync(UserKey user, CancellationToken cancellationToken = default) =>
        grains.GetGrain<IRegistryGrain>(user.ToString()).GetLimitsAsync().WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<SessionSnapshot?> GetSessionAsync(SessionKey key, CancellationToken cancellationToken = default) => Session(key).GetAsync().WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<AnswerReceipt> AnswerAsync(SessionKey key, RequestAnswer answer, CancellationToken cancellationToken = default) =>
        Session(key).AnswerAsync(answer).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<bool> RevokeRuleAsync(SessionKey key, string ruleId, CancellationToken cancellationToken = default) =>
        Session(key).RevokeRuleAsync(ruleId).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<bool> RenameSessionAsync(SessionKey key, string title, CancellationToken cancellationToken = default) => Session(key).RenameAsync(SessionTitleRules.Trim(title)).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<Schedule> SetScheduleAsync(SessionKey key, ScheduleRequest request, CancellationToken cancellationToken = default) =>
        Session(key).SetScheduleAsync(request).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<Schedule[]> ListSchedulesAsync(SessionKey key, CancellationToken cancellationToken = default) => Session(key).ListSchedulesAsync().WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<bool> CancelScheduleAsync(SessionKey key, string scheduleId, CancellationToken cancellationToken = default) =>
        Session(key).CancelScheduleAsync(scheduleId).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task ImportMessagesAsync(SessionKey key, byte[] messages, CancellationToken cancellationToken = default) => Session(key).ImportMessagesAsync(messages).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task DeleteSessionAsync(SessionKey key, CancellationToken cancellationToken = default) => Session(key).DeleteAsync().WaitAsync(cancellationToken);

    private async Task<Cursor?> FindBeginAsync(SessionKey key, string runId, CancellationToken cancellationToken)
    {
        for (var (look, isDropped) = (0, false); ; look++)
        {
            if (await Patience.AskAsync(() => streams.FindRunAsync(key, runId, cancellationToken), Clock, cancellationToken).ConfigureAwait(false) is { } known)
            {
                return known.Begin;
            }

            if (isDropped)
            {
                return null;
            }

            // It may begin between the two questions, so the first is asked once more.
            isDropped = look % LooksAtQueue == 0
                && !await Patience.AskAsync(() => Session(key).IsWaitingAsync(runId).WaitAsync(cancellationToken), Clock, cancellationToken).ConfigureAwait(false);
            if (!isDropped)
            {
                await Task.Delay(LookForTurn, Clock, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private TimeProvider Clock => time ?? TimeProvider.System;

    private ISessionGrain Session(SessionKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return grains.GetGrain<ISessionGrain>(key.ToString());
    }
}
