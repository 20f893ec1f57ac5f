namespace AgentStream;

/// <summary>What a limit is a limit of.</summary>
public enum LimitTarget
{
    /// <summary>One user (<see cref="LimitOptions.PerUser"/>).</summary>
    User,

    /// <summary>All users of a scope together (<see cref="LimitOptions.PerScope"/>).</summary>
    Scope,

    /// <summary>One session (<see cref="LimitOptions.SessionJournalBytes"/>).</summary>
    Session,
}
