namespace AgentStream.Storage.Usage;

/// <summary>What a user and its scope have used of the limits that begin anew with time.</summary>
/// <param name="Prompts">The prompts of this minute.</param>
/// <param name="Tokens">The tokens of this day (UTC).</param>
public readonly record struct UsageOfTime(UsageCount Prompts, UsageCount Tokens);
