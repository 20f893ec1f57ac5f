using AgentStream.Grains.Agents;
using AgentStream.Grains.Runs;
using AgentStream.Grains.Schedules;
using AgentStream.Storage;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Sessions;

/// <summary>The prompts of a session that are to come.</summary>
internal sealed partial class SessionGrain
{
    // A prompt that was refused is tried again soon, and then more and more seldom.
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);

    async Task<Schedule> ISessionGrain.SetScheduleAsync(ScheduleRequest request)
    {
        ScheduleRequestRules.ThrowIfInvalid(request);
        if (journal.OutlivesProcess && !timers.OutlivesProcess)
        {
            throw new NotSupportedException($"Schedules need timers that last as long as {journal.GetType()}: register an {nameof(Storage.Timers.ISessionTimers)} next to it.");
        }

        var agent = agents.Get(request.Agent);
        var key = ScheduleKeys.Of(request);
        var state = StateForReading();
        await state.ReadAsync(journal, Key);
        if (state.Schedules.Find(key) is { } known)
        {
            return Describe(state.Schedules, known, request, agent);
        }

        var next = ScheduleTimes.First(request, environment.Time.GetUtcNow());
        await admission.AdmitAsync(agent, Key, request.Claims);
        Schedule? result = null;
        await ChangeSchedulesAsync(
            async (owner, fold, now) =>
            {
                if (fold.Schedules.Find(key) is { } meanwhile)
                {
                    result = Describe(fold.Schedules, meanwhile, request, agent);
                    return null;
                }

                fold.Schedules.CheckRoom(request.Prompt);
                var set = new ScheduleSetRecord(ScheduleKeys.NewId(now), agent.Name, request.Prompt, next)
                {
                    Timestamp = now,
                    Cron = request.Cron,
                    TimeZone = request.Cron is null ? null : request.TimeZone ?? ScheduleTimes.DefaultZone,
                    Claims = Admission.ToKeep(agent, request.Claims),
                    IdempotencyKey = key?.Key,
                    RequestHash = key?.Hash,
                };
                result = new KnownSchedule(set, next).ToSchedule();

                // The index first: an entry that the journal knows nothing of does no harm.
                await timers.SetAsync(owner, Earlier(next, NextDue(fold))!.Value);
                return set;
            },
            environment.Options.Limits);
        return result!;
    }

    async Task<Schedule[]> ISessionGrain.ListSchedulesAsync()
    {
        var state = StateForReading();
        await state.ReadAsync(journal, Key);
        return [.. state.Schedules.All.Select(schedule => schedule.ToSchedule())];
    }

    async Task<bool> ISessionGrain.CancelScheduleAsync(string scheduleId)
    {
        ArgumentNullException.ThrowIfNull(scheduleId);
        var state = StateForReading();
        await state.ReadAsync(journal, Key);
        if (state.Schedules.Find(scheduleId) is null)
        {
            return false;
        }

        // The index keeps its time: who looks then finds nothing, and moves it.
        var isCanceled = false;
        await ChangeSchedulesAsync((_, fold, now) =>
        {
            isCanceled = fold.Schedules.Find(scheduleId) is not null;
            return Task.FromResult<ScheduleRecord?>(isCanceled ? new ScheduleCanceledRecord(scheduleId) { Timestamp = now } : null);
        });
        return isCanceled;
    }

    /// <summary>When a session has to be looked at, as far as its journal says.</summary>
    private static DateTimeOffset? NextDue(SessionState state) => Earlier(state.Requests.Open.Min(request => request.ExpiresAt), state.Schedules.Next);

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other : one;

    /// <summary>The schedule that a request has set before, also when it is over.</summary>
    private static Schedule Describe(SessionSchedules schedules, string id, ScheduleRequest request, Agent agent) => schedules.Find(id)?.ToSchedule()
        ?? new(id, request.Prompt, agent.Name, request.At, request.Cron, request.Cron is null ? null : request.TimeZone ?? ScheduleTimes.DefaultZone, ScheduleKeys.TimeOf(id), Next: null);

    /// <summary>Starts the prompts whose time has come.</summary>
    /// <param name="state">The session's state, up to date. It may be a run's afterwards.</param>
    /// <param name="now">The time.</param>
    /// <returns>When the next one comes; null for none.</returns>
    private async Task<DateTimeOffset?> FireAsync(SessionState state, DateTimeOffset now)
    {
        var (schedules, isAsked) = (state.Schedules.All, state.Requests.Open.Count > 0);
        DateTimeOffset? next = null;
        foreach (var schedule in schedules)
        {
            next = Earlier(next, schedule.Next > now ? schedule.Next : await FireAsync(schedule, isAsked, now));
        }

        return next;
    }

    /// <summary>
    /// Starts a prompt, and then journals that it has come. Between the two a process may die: the prompt has a key by which it is known when it is started again. A prompt that is refused stays due.
    /// </summary>
    /// <returns>When the schedule has to be looked at next; null for never.</returns>
    private async Task<DateTimeOffset?> FireAsync(KnownSchedule schedule, bool isAsked, DateTimeOffset now)
    {
        ScheduleRecord record;
        DateTimeOffset? again;
        try
        {
            // However many times have been missed, one prompt comes for all of them.
            again = ScheduleTimes.Next(schedule.Set, now);
            if (!await StartAsync(schedule, isAsked))
            {
                return now;
            }

            record = new ScheduleFiredRecord(schedule.Id, schedule.Next, again) { Timestamp = now };
        }
        catch (Exception e) when (e is not (StorageUnavailableException or StorageRefusedException or OwnershipLostException or OrleansException))
        {
            var error = Refused(schedule, e);
            var isKnown = error == schedule.Error;
            var wait = (e as LimitExceededException)?.RetryAfter ?? (isKnown ? now - schedule.FailedSince!.Value : TimeSpan.Zero);
            again = now + (wait < FirstRetry ? FirstRetry : wait > LongestRetry ? LongestRetry : wait);
            if (isKnown)
            {
                return again;
            }

            record = new ScheduleFailedRecord(schedule.Id, schedule.Next, error) { Timestamp = now };
        }

        try
        {
            await ChangeSchedulesAsync((_, fold, time) =>
                Task.FromResult(fold.Schedules.Find(schedule.Id)?.Next == schedule.Next ? record with { Timestamp = time } : null));
            return again;
        }
        catch (Exception e) when (e is SessionBusyException or OwnershipLostException)
        {
            // A run elsewhere has the session. The next look finds the prompt by its key, and says that it has come.
            return now;
        }
    }

    /// <summary>Starts the prompt of an occurrence, unless it was started before.</summary>
    /// <returns>False when the one before still waits for its turn: then this one waits until that has begun, and does not pile up.</returns>
    private async Task<bool> StartAsync(KnownSchedule schedule, bool isAsked)
    {
        var request = new RunRequest(schedule.Set.Prompt, schedule.Set.Agent, BusySessionBehavior.Queue, ScheduleKeys.Of(schedule));
        var key = RequestKey.Of(request);
        if (await FindStartedAsync(key) is not null)
        {
            return true;
        }

        if ((await queue.ListAsync(Key)).Any(waiting => ScheduleKeys.IsOfOther(waiting.IdempotencyKey, schedule)))
        {
            return false;
        }

        var agent = agents.Get(schedule.Set.Agent);
        var caller = await admission.AdmitAsync(agent, Key, schedule.Set.Claims);
        await usage.CountPromptAsync(Key.UserKey);

        // A prompt that nobody has just sent does not decline what the session waits for.
        _ = isAsked ? await busy.WaitAsync(Key, agent, request, key, caller) : await StartAsync(request, agent, key, caller);
        return true;
    }

    /// <summary>Says in the log why a prompt did not come, once for each reason.</summary>
    /// <returns>The reason, as a user may be told.</returns>
    private string Refused(KnownSchedule schedule, Exception e)
    {
        // Without the time that a limit asks to wait, so that the reason stays the same.
        var error = e switch
        {
            LimitExceededException limit => $"The limit {limit.Limit} ({limit.Allowed}) is reached.",
            AgentStreamException { PublicMessage: { } message } => message,
            _ => "The prompt could not be started.",
        };
        if (error != schedule.Error)
        {
            if (e is AgentStreamException)
            {
                environment.Logger.ScheduleRefused(schedule.Id, Key, error);
            }
            else
            {
                environment.Logger.ScheduleFailed(e, schedule.Id, Key);
            }
        }

        return error;
    }

    /// <summary>Adds a record about a schedule, also while a run is under way in this grain: then its journal takes it between the run's own records.</summary>
    /// <param name="change">Makes the record, as of a time; null for no change. The state that it gets is not to be used afterwards.</param>
    /// <param name="limits">The limits that it must keep; null for none.</param>
    /// <exception cref="SessionBusyException">Another process has the session.</exception>
    private async Task ChangeSchedulesAsync(Func<RunToken, SessionState, DateTimeOffset, Task<ScheduleRecord?>> change, LimitOptions? limits = null)
    {
        if (LiveRun is { } run)
        {
            try
            {
                await run.ChangeAsync(AddAsync);
                return;
            }
            catch (OwnershipLostException) when (run.HasEnded)
            {
                // It is over in a moment, and its state is free.
                await _running;
            }
            catch (OwnershipLostException)
            {
                // The store knows who has it.
            }
        }

        await ChangeAsync(AddAsync);

        Task AddAsync(RunToken owner, RunJournal records) =>
            records.ChangeAsync(async now => await change(owner, records.History, now) is { } record ? [record] : [], limits);
    }
}
