namespace AgentStream.Storage.Usage;

/// <summary>
/// Counts the prompts of each minute and the tokens of each day, of each user and of each scope. Minutes and days are those of the caller's clock (UTC); a clock that is behind counts for the later window.
/// </summary>
public interface IUsageStore
{
    /// <summary>Counts a prompt, if the limits allow one more; all in one step.</summary>
    /// <param name="user">The user.</param>
    /// <param name="now">The time.</param>
    /// <param name="limits">The limits: <see cref="UsageLimits.PromptsPerMinute"/> and <see cref="UsageLimits.TokensPerDay"/>, of the user and of its scope.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when it is counted.</returns>
    /// <exception cref="LimitExceededException">A limit does not allow it. Nothing was counted.</exception>
    ValueTask CountPromptAsync(UserKey user, DateTimeOffset now, LimitOptions limits, CancellationToken cancellationToken = default);

    /// <summary>Counts tokens that were used.</summary>
    /// <param name="user">The user.</param>
    /// <param name="now">The time.</param>
    /// <param name="tokens">How many; not negative.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The tokens of the day, these included.</returns>
    ValueTask<UsageCount> AddTokensAsync(UserKey user, DateTimeOffset now, long tokens, CancellationToken cancellationToken = default);

    /// <summary>Reads the counts.</summary>
    /// <param name="user">The user.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>What was counted in this minute, and on this day.</returns>
    ValueTask<UsageOfTime> GetAsync(UserKey user, DateTimeOffset now, CancellationToken cancellationToken = default);
}
