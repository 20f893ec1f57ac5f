using AgentStream.Storage.Usage;

namespace AgentStream.Storage.InMemory;

/// <summary>Counts in this process's memory, for as long as it lives.</summary>
public sealed class InMemoryUsageStore : IUsageStore
{
    private const int FirstSweep = 1_024;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Scope, string? User), Counter> _counters = [];
    private int _sweepAt = FirstSweep;

    /// <inheritdoc/>
    public ValueTask CountPromptAsync(UserKey user, DateTimeOffset now, LimitOptions limits, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(limits);
        lock (_gate)
        {
            var (ofUser, ofScope) = Find(user, now);
            UsageRules.Check(new(new(ofUser.Prompts, ofScope.Prompts), new(ofUser.Tokens, ofScope.Tokens)), limits, now);
            ofUser.Prompts++;
            ofScope.Prompts++;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<UsageCount> AddTokensAsync(UserKey user, DateTimeOffset now, long tokens, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        lock (_gate)
        {
            var (ofUser, ofScope) = Find(user, now);
            return new(new UsageCount(ofUser.Tokens += tokens, ofScope.Tokens += tokens));
        }
    }

    /// <inheritdoc/>
    public ValueTask<UsageOfTime> GetAsync(UserKey user, DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        lock (_gate)
        {
            var (ofUser, ofScope) = Find(user, now);
            return new(new UsageOfTime(new(ofUser.Prompts, ofScope.Prompts), new(ofUser.Tokens, ofScope.Tokens)));
        }
    }

    private (Counter User, Counter Scope) Find(UserKey user, DateTimeOffset now)
    {
        if (_counters.Count >= _sweepAt)
        {
            Sweep(now);
        }

        return (Find((user.Scope, user.User), now), Find((user.Scope, null), now));
    }

    private Counter Find((string Scope, string? User) key, DateTimeOffset now)
    {
        if (!_counters.TryGetValue(key, out var counter))
        {
            _counters.Add(key, counter = new());
        }

        counter.Turn(now);
        return counter;
    }

    /// <summary>Forgets those of earlier days. What it costs is spread over as many counters as are new since the last time.</summary>
    private void Sweep(DateTimeOffset now)
    {
        foreach (var (key, _) in _counters.Where(counter => counter.Value.Day < UsageRules.DayOf(now)).ToList())
        {
            _counters.Remove(key);
        }

        _sweepAt = Math.Max(FirstSweep, _counters.Count * 2);
    }

    private sealed class Counter
    {
        private long _minute;

        public long Day { get; private set; }

        public long Prompts { get; set; }

        public long Tokens { get; set; }

        public void Turn(DateTimeOffset now)
        {
            if (UsageRules.MinuteOf(now) is var minute && minute > _minute)
            {
                (_minute, Prompts) = (minute, 0);
            }

            if (UsageRules.DayOf(now) is var day && day > Day)
            {
                (Day, Tokens) = (day, 0);
            }
        }
    }
}
