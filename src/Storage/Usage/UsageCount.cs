namespace AgentStream.Storage;

/// <summary>How much of something a user has, and all users of its scope together.</summary>
/// <param name="User">Of the user.</param>
/// <param name="Scope">Of the scope.</param>
public readonly record struct UsageCount(long User, long Scope);
