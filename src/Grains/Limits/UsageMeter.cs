using AgentStream.Grains.Output;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Queue;
using AgentStream.Storage.Usage;

namespace AgentStream.Grains.Limits;

/// <summary>Counts what users and scopes use of their limits (<see cref="AgentStreamOptions.Limits"/>). What can be counted where it is kept is held to its limit there: live runs, queued prompts, journals.</summary>
internal sealed class UsageMeter(RunEnvironment environment, IUsageStore store, IPromptQueue queue, ISessionJournal journal)
{
    private LimitOptions Limits => environment.Options.Limits;

    /// <summary>Counts a prompt.</summary>
    /// <exception cref="LimitExceededException">The user, or its scope, has sent as many in this minute as it may, or has no tokens left on this day.</exception>
    public async ValueTask CountPromptAsync(UserKey user)
    {
        if (IsSet(limit => limit.PromptsPerMinute) || IsSet(limit => limit.TokensPerDay))
        {
            await store.CountPromptAsync(user, environment.Time.GetUtcNow(), Limits);
        }
    }

    /// <summary>Counts what a response cost. Where the count cannot be kept, the run is not held up: it is not counted.</summary>
    /// <returns>Why the run is to ask no more; null when it may.</returns>
    public async ValueTask<LimitExceededException?> CountTokensAsync(UserKey user, TokenUsage? cost)
    {
        if (!IsSet(limit => limit.TokensPerDay) || cost is null)
        {
            return null;
        }

        var now = environment.Time.GetUtcNow();
        try
        {
            UsageRules.CheckTokens(await store.AddTokensAsync(user, now, Math.Max(0, cost.InputTokens) + Math.Max(0, cost.OutputTokens)), Limits, now);
            return null;
        }
        catch (LimitExceededException e)
        {
            return e;
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException)
        {
            environment.Logger.TokensNotCounted(e, user);
            return null;
        }
    }

    /// <summary>The limits that a user is held to by the cluster, and what is used of them. A journal that does not know how much it has is left out.</summary>
    public async Task<LimitUsage[]> GetAsync(UserKey user)
    {
        var now = environment.Time.GetUtcNow();
        var time = await store.GetAsync(user, now);
        var kept = await journal.GetUsageAsync(user);
        return
        [
            .. Of(LimitNames.LiveRuns, await environment.Store.CountLiveSessionsAsync(user), limit => limit.LiveRuns),
            .. Of(LimitNames.QueuedPrompts, await queue.CountAsync(user), limit => limit.QueuedPrompts),
            .. kept is null ? [] : Of(LimitNames.Sessions, kept.Sessions, limit => limit.Sessions),
            .. kept is null ? [] : Of(LimitNames.JournalBytes, kept.Bytes, limit => limit.JournalBytes),
            .. Of(LimitNames.PromptsPerMinute, time.Prompts, limit => limit.PromptsPerMinute, now + UsageRules.Rest(now, UsageRules.Minute)),
            .. Of(LimitNames.TokensPerDay, time.Tokens, limit => limit.TokensPerDay, now + UsageRules.Rest(now, UsageRules.Day)),
        ];
    }

    private IEnumerable<LimitUsage> Of(string name, UsageCount used, Func<UsageLimits, long> of, DateTimeOffset? resetsAt = null)
    {
        if (of(Limits.PerUser) is > 0 and var ofUser)
        {
            yield return new(name, LimitTarget.User, ofUser, used.User, resetsAt);
        }

        if (of(Limits.PerScope) is > 0 and var ofScope)
        {
            yield return new(name, LimitTarget.Scope, ofScope, used.Scope, resetsAt);
        }
    }

    private bool IsSet(Func<UsageLimits, long> of) => of(Limits.PerUser) > 0 || of(Limits.PerScope) > 0;
}
