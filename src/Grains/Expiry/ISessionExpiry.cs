namespace AgentStream.Grains.Expiry;

/// <summary>What silos ask a session's grain for when its requests may have expired. It is the same grain as <see cref="ISessionGrain"/>.</summary>
[Alias("AgentStream.ISessionExpiry")]
internal interface ISessionExpiry : IGrainWithStringKey
{
    /// <summary>Denies the open requests whose time has come. With the last open one the session's agent continues, in a new run.</summary>
    /// <returns>True when the session has nothing that expires. False when there is something to do later, or something was done: then look again.</returns>
    [Alias("ExpireAsync")]
    Task<bool> ExpireAsync();
}
