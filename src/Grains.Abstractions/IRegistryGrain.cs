using Orleans.Concurrency;

namespace AgentStream;

/// <summary>Knows the sessions of a user, and which of them are live. Its key is <see cref="UserKey.ToString"/>.</summary>
[Alias("AgentStream.IRegistryGrain")]
public interface IRegistryGrain : IGrainWithStringKey
{
    /// <summary>The user's live sessions. The cost grows with the answer, not with the number of keys.</summary>
    /// <param name="includeExternal">Also find sessions that another library started, by a scan over all keys. They are known as of a second ago at most, or of the time that the scan took.</param>
    /// <returns>Their keys, sorted by session id.</returns>
    /// <exception cref="InvalidInputException">Sessions of other libraries are asked for, and the server does not list them: the setting <c>AgentStream:ListExternalSessions</c> is off.</exception>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    [ReadOnly, Alias("QueryAsync")]
    Task<SessionKey[]> GetLiveSessionsAsync(bool includeExternal = false);

    /// <summary>The limits that the user is held to by the whole cluster, and how much of each is used.</summary>
    /// <returns>Those that are set, the user's own and the scope's.</returns>
    /// <exception cref="StorageUnavailableException">A store is out of reach.</exception>
    [ReadOnly, Alias("GetLimitsAsync")]
    Task<LimitUsage[]> GetLimitsAsync();

    /// <summary>The user's sessions, live or not.</summary>
    /// <param name="count">The most sessions that are not live to answer with; from 1 to <see cref="SessionSummary.MaxCount"/>.</param>
    /// <returns>The sessions, those that last grew first. The live ones are all among them.</returns>
    /// <exception cref="InvalidInputException">The count is out of its range.</exception>
    /// <exception cref="StorageUnavailableException">The stream store or the journal is out of reach.</exception>
    /// <exception cref="NotSupportedException">The silo's journal cannot tell.</exception>
    [ReadOnly, Alias("ListAsync")]
    Task<SessionSummary[]> ListSessionsAsync(int count);

    /// <summary>A page of the user's sessions. The cost of a search is that of all of them at the most.</summary>
    /// <param name="query">Which.</param>
    /// <returns>The sessions, and how to ask for those after them.</returns>
    /// <exception cref="InvalidInputException">A field of the query breaks its rule; the exception names it: <c>count</c>, <c>after</c> or <c>search</c>.</exception>
    /// <exception cref="StorageUnavailableException">The stream store or the journal is out of reach.</exception>
    /// <exception cref="NotSupportedException">The silo's journal cannot tell.</exception>
    [ReadOnly, Alias("ListPageAsync")]
    Task<SessionPage> ListSessionsAsync(SessionQuery query);
}
