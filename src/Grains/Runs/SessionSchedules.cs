using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Runs;

/// <summary>The part of a session's state that is about prompts to come. A fold of the journal, as the rest of the state.</summary>
internal sealed class SessionSchedules
{
    // Most sessions have none.
    private List<KnownSchedule>? _all;
    private readonly KeyedRuns _keyed = new();

    /// <summary>The schedules, in the order in which they were set.</summary>
    public IReadOnlyList<KnownSchedule> All => _all is null ? [] : [.. _all];

    /// <summary>When a prompt comes next; null for none to come.</summary>
    public DateTimeOffset? Next => _all is not { Count: > 0 } ? null : _all.Min(schedule => schedule.Next);

    /// <summary>A schedule; null for none (any more).</summary>
    public KnownSchedule? Find(string id) => _all?.Find(schedule => schedule.Id == id);

    /// <summary>The id of the schedule that a request has set before; null for none.</summary>
    /// <exception cref="IdempotencyConflictException">The key was given to another request.</exception>
    public string? Find(RequestKey? key) => _keyed.Find(key);

    /// <summary>Refuses another schedule where there is no room for it.</summary>
    /// <exception cref="LimitExceededException">There are as many as may be.</exception>
    /// <exception cref="InvalidInputException">The prompts would be too long, all of them together.</exception>
    public void CheckRoom(string prompt)
    {
        _all ??= [];
        if (_all.Count >= ScheduleRequestRules.MaxSchedules)
        {
            throw new LimitExceededException(LimitNames.Schedules, LimitTarget.Session, ScheduleRequestRules.MaxSchedules);
        }

        if (_all.Sum(schedule => (long)schedule.Set.Prompt.Length) + prompt.Length > AgentStreamOptions.MaxPromptLength)
        {
            throw new InvalidInputException("prompt", $"must not be longer than {AgentStreamOptions.MaxPromptLength} characters together with those of the session's other schedules");
        }
    }

    public void Apply(ScheduleRecord record)
    {
        _all ??= [];
        var at = _all.FindIndex(schedule => schedule.Id == record.Id);
        switch (record)
        {
            case ScheduleSetRecord set when at < 0:
                _all.Add(new KnownSchedule(set, set.Next) { Last = set.Last });
                if (set is { IdempotencyKey: { } key, RequestHash: { } hash })
                {
                    _keyed.Add(key, hash, set.Id);
                }

                break;

            // One that was written twice says nothing the second time.
            case ScheduleFiredRecord fired when at >= 0 && _all[at].Next == fired.At:
                if (fired.Next is { } next)
                {
                    _all[at] = _all[at] with { Next = next, Last = fired.Timestamp, Error = null, FailedSince = null };
                }
                else
                {
                    _all.RemoveAt(at);
                }

                break;
            case ScheduleFailedRecord failed when at >= 0 && _all[at].Next == failed.At:
                _all[at] = _all[at] with { Error = failed.Error, FailedSince = failed.Timestamp };
                break;
            case ScheduleCanceledRecord when at >= 0:
                _all.RemoveAt(at);
                break;
        }
    }

    /// <summary>Takes in the keys that were known before an import.</summary>
    public void Take(IEnumerable<SteeredPrompt> keys)
    {
        foreach (var known in keys)
        {
            if (known is { IdempotencyKey: { } key, RequestHash: { } hash })
            {
                _keyed.Add(key, hash, known.RunId);
            }
        }
    }

    /// <summary>The keys that have to be known when an import has replaced these records.</summary>
    public SteeredPrompt[] CarryOverKeys() => [.. _keyed.All];

    /// <summary>The records that make the same schedules after an import.</summary>
    public IEnumerable<ScheduleRecord> CarryOver(DateTimeOffset now)
    {
        foreach (var schedule in All)
        {
            yield return schedule.Set with { Timestamp = now, Size = 0, Next = schedule.Next, Last = schedule.Last, Created = schedule.Created };
            if (schedule is { Error: { } error, FailedSince: { } since })
            {
                yield return new ScheduleFailedRecord(schedule.Id, schedule.Next, error) { Timestamp = since };
            }
        }
    }

    public void Forget()
    {
        _all = null;
        _keyed.Forget();
    }
}

/// <summary>A schedule that is not over.</summary>
/// <param name="Set">How it was set.</param>
/// <param name="Next">When its prompt comes next. A time that is over is one at which it was refused, or no silo was there.</param>
internal sealed record KnownSchedule(ScheduleSetRecord Set, DateTimeOffset Next)
{
    public string Id => Set.Id;

    public DateTimeOffset Created => Set.Created ?? Set.Timestamp;

    /// <summary>When its prompt last came; null for not yet.</summary>
    public DateTimeOffset? Last { get; init; }

    /// <summary>Why it was refused; null when it was not.</summary>
    public string? Error { get; init; }

    /// <summary>Since when it is refused with the same words.</summary>
    public DateTimeOffset? FailedSince { get; init; }

    public Schedule ToSchedule() => new(
        Id, Set.Prompt, Set.Agent, Set.Cron is null ? Next : null, Set.Cron, Set.TimeZone, Created, Next, Last, Error);
}
