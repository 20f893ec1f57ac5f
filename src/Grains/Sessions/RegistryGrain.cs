using AgentStream.Grains.Limits;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Sessions;

/// <summary>A user's sessions: the live ones as the stream store knows them, all of them as the journal does. Every process writes there, so nothing is kept here.</summary>
internal sealed class RegistryGrain(IStreamReader streams, ISessionJournal journal, UsageMeter usage, IOptions<StorageOptions> options) : Grain, IRegistryGrain
{
    private UserKey User => UserKey.Parse(this.GetPrimaryKeyString());

    async Task<SessionKey[]> IRegistryGrain.GetLiveSessionsAsync(bool includeExternal) => includeExternal && !options.Value.ListExternalSessions
        ? throw new InvalidInputException(Protocol.Fields.IncludeForeign, $"is off on this server; {AgentStreamOptions.Section}:{nameof(StorageOptions.ListExternalSessions)} turns it on")
        : [.. await streams.GetLiveSessionsAsync(User, includeExternal)];

    Task<LimitUsage[]> IRegistryGrain.GetLimitsAsync() => usage.GetAsync(User);

    async Task<SessionSummary[]> IRegistryGrain.ListSessionsAsync(int count)
    {
        if (count is < 1 or > SessionSummary.MaxCount)
        {
            throw new InvalidInputException("count", $"must be a whole number from 1 to {SessionSummary.MaxCount}");
        }

        // The live ones first: a run that ends in between is in the journal by then.
        var live = (await streams.GetLiveSessionsAsync(User)).ToHashSet();
        var journaled = await journal.ListSessionsAsync(User, count);

        // A run is live a moment before its first record is in the journal, and its last one may be older than those of many others.
        var others = live.Except(journaled.Select(session => session.Key)).OrderBy(key => key.Session, StringComparer.Ordinal);
        return
        [
            .. others.Select(key => new SessionSummary(key, ModelMessages.NoTitle, Changed: null, IsLive: true)),
            .. journaled.Select(session => new SessionSummary(session.Key, session.Title ?? ModelMessages.NoTitle, session.Changed, live.Contains(session.Key))),
        ];
    }
}
