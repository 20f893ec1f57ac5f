using AgentStream.EventLog;
using Orleans;

namespace AgentStream.Grains;

/// <summary>A user's live sessions, as the event log knows them: every process writes there, so nothing is kept here.</summary>
internal sealed class RegistryGrain(IEventLog log) : Grain, IRegistryGrain
{
    async Task<SessionKey[]> IRegistryGrain.QueryAsync(bool includeForeign) =>
        [.. await log.QueryAsync(UserKey.Parse(this.GetPrimaryKeyString()), includeForeign)];
}
