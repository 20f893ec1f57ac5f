namespace AgentStream.Grains.Expiry;

/// <summary>What silos ask a session's grain for when its requests may have expired, or its prompts may be to come. It is the same grain as <see cref="ISessionGrain"/>.</summary>
[Alias("AgentStream.ISessionExpiry")]
internal interface ISessionExpiry : IGrainWithStringKey
{
    /// <summary>
    /// Denies the open requests whose time has come, and starts the prompts of schedules whose time has come. With the last open request the session's agent continues, in a new run.
    /// </summary>
    /// <returns>When the session has to be looked at next; null for never. A time that is over means soon: there is something to do, or something was done.</returns>
    [Alias("HandleDueAsync")]
    Task<DateTimeOffset?> HandleDueAsync();
}
