using AgentStream.Storage.Usage;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>Counts in Redis, for all silos: a hash for each user, <c>{prefix}:#usage:{scope}:{user}</c>, and one for each scope, <c>{prefix}:#usage:{scope}</c>. They expire with the day.</summary>
/// <param name="redis">The stream store's Redis.</param>
/// <param name="options">The settings: the prefix.</param>
internal sealed class RedisUsageStore(RedisConnection redis, IOptions<StorageOptions> options) : IUsageStore
{
    private static readonly RedisScript PromptScript = RedisScript.Named("usage-windows.lua", "usage-prompt.lua");
    private static readonly RedisScript TokensScript = RedisScript.Named("usage-windows.lua", "usage-tokens.lua");

    // A day, and a clock that is behind.
    private static readonly string Stay = RedisKeys.Milliseconds(UsageRules.Day * 2);

    private static readonly (string Name, LimitTarget Target)[] Limits =
    [
        (LimitNames.PromptsPerMinute, LimitTarget.User),
        (LimitNames.TokensPerDay, LimitTarget.User),
        (LimitNames.PromptsPerMinute, LimitTarget.Scope),
        (LimitNames.TokensPerDay, LimitTarget.Scope),
    ];

    private readonly string _prefix = options.Value.RedisPrefix;

    public async ValueTask CountPromptAsync(UserKey user, DateTimeOffset now, LimitOptions limits, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(limits);
        long[] allowed = [limits.PerUser.PromptsPerMinute, limits.PerUser.TokensPerDay, limits.PerScope.PromptsPerMinute, limits.PerScope.TokensPerDay];
        var broken = (int)await redis.ScriptAsync(
            $"count a prompt of user {user}",
            PromptScript,
            KeysOf(user),
            [UsageRules.MinuteOf(now), UsageRules.DayOf(now), Stay, .. allowed.Select(limit => (RedisValue)limit)],
            cancellationToken);
        if (broken > 0)
        {
            var (name, target) = Limits[broken - 1];
            throw new LimitExceededException(
                name, target, allowed[broken - 1], UsageRules.Rest(now, name == LimitNames.PromptsPerMinute ? UsageRules.Minute : UsageRules.Day));
        }
    }

    public async ValueTask<UsageCount> AddTokensAsync(UserKey user, DateTimeOffset now, long tokens, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        var answer = (long[]?)await redis.ScriptAsync(
            $"count tokens of user {user}", TokensScript, KeysOf(user), [UsageRules.MinuteOf(now), UsageRules.DayOf(now), Stay, tokens], cancellationToken);
        return new(answer![0], answer[1]);
    }

    public async ValueTask<UsageOfTime> GetAsync(UserKey user, DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        var used = await Task.WhenAll(Array.ConvertAll(KeysOf(user), key => ReadAsync(user, key, now, cancellationToken)));
        return new(new(used[0].Prompts, used[1].Prompts), new(used[0].Tokens, used[1].Tokens));
    }

    private async Task<(long Prompts, long Tokens)> ReadAsync(UserKey user, RedisKey key, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var values = await redis.RunAsync(
            $"read what user {user} has used", database => database.HashGetAsync(key, ["minute", "prompts", "day", "tokens"]), cancellationToken, key!);
        var used = Array.ConvertAll(values, value => value.TryParse(out long number) ? number : 0);
        return (used[0] >= UsageRules.MinuteOf(now) ? used[1] : 0, used[2] >= UsageRules.DayOf(now) ? used[3] : 0);
    }

    private RedisKey[] KeysOf(UserKey user) => [RedisKeys.Usage(_prefix, user), RedisKeys.Usage(_prefix, user.Scope)];
}
