using Orleans;
using Orleans.Concurrency;

namespace AgentStream;

/// <summary>Knows which sessions of a user are live. Its key is <see cref="UserKey.ToString"/>.</summary>
[Alias("AgentStream.IRegistryGrain")]
public interface IRegistryGrain : IGrainWithStringKey
{
    /// <summary>The user's live sessions. The cost grows with the answer, not with the number of keys.</summary>
    /// <param name="includeForeign">Also find sessions that another library started, by a scan over all keys.</param>
    /// <returns>Their keys, sorted by session id.</returns>
    /// <exception cref="LogUnavailableException">The event log is out of reach.</exception>
    [ReadOnly, Alias("QueryAsync")]
    Task<SessionKey[]> QueryAsync(bool includeForeign = false);
}
