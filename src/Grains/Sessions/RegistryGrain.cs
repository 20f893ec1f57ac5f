using AgentStream.Grains.Limits;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Sessions;

/// <summary>A user's sessions: the live ones as the stream store knows them, all of them as the journal does. Every process writes there, so nothing is kept here.</summary>
internal sealed class RegistryGrain(IStreamReader streams, ISessionJournal journal, UsageMeter usage, IOptions<StorageOptions> options) : Grain, IRegistryGrain
{
    // How many sessions a search looks at with one call of the journal.
    private const int SearchSize = 500;

    private UserKey User => UserKey.Parse(this.GetPrimaryKeyString());

    async Task<SessionKey[]> IRegistryGrain.GetLiveSessionsAsync(bool includeExternal) => includeExternal && !options.Value.ListExternalSessions
        ? throw new InvalidInputException(Protocol.Fields.IncludeForeign, $"is off on this server; {AgentStreamOptions.Section}:{nameof(StorageOptions.ListExternalSessions)} turns it on")
        : [.. await streams.GetLiveSessionsAsync(User, includeExternal)];

    Task<LimitUsage[]> IRegistryGrain.GetLimitsAsync() => usage.GetAsync(User);

    async Task<SessionSummary[]> IRegistryGrain.ListSessionsAsync(int count) => [.. (await ListAsync(new SessionQuery(count))).Sessions];

    Task<SessionPage> IRegistryGrain.ListSessionsAsync(SessionQuery query) => ListAsync(query);

    private async Task<SessionPage> ListAsync(SessionQuery query)
    {
        if (query.Count is < 1 or > SessionSummary.MaxCount)
        {
            throw new InvalidInputException("count", $"must be a whole number from 1 to {SessionSummary.MaxCount}");
        }

        var words = TitleSearch.Parse(query.Search);
        var place = query.After is null ? null : SessionPlace.Parse(query.After, User);

        // The live ones first: a run that ends in between is in the journal by then.
        var live = (await streams.GetLiveSessionsAsync(User)).ToHashSet();
        var (journaled, isMore) = await FindAsync(query.Count, place, words);

        // A run is live a moment before its first record is in the journal, and its last one may be older than those of many others.
        var others = place is null && words is null ? live.Except(journaled.Select(session => session.Key)).OrderBy(key => key.Session, StringComparer.Ordinal).ToArray() : [];
        return new(
            [
                .. others.Select(key => new SessionSummary(key, ModelMessages.NoTitle, Changed: null, IsLive: true)),
                .. journaled.Select(session => new SessionSummary(session.Key, session.Title ?? ModelMessages.NoTitle, session.Changed, live.Contains(session.Key))),
            ],
            isMore ? (place is null ? SessionPlace.Of(journaled[^1], others) : place with { Last = journaled[^1] }).ToString() : null);
    }

    /// <summary>The sessions after a place that are to be shown, and whether there are more. Titles may be encrypted, so they are looked at here.</summary>
    private async Task<(List<JournaledSession> Sessions, bool IsMore)> FindAsync(int count, SessionPlace? place, TitleSearch? words)
    {
        var found = new List<JournaledSession>();
        var size = words is null ? count + 1 : Math.Max(count + 1, SearchSize);
        for (var after = place?.Last; ;)
        {
            var page = await journal.ListSessionsAsync(User, size, after);
            foreach (var session in page)
            {
                if (place?.HasShown(session.Key) == true || words?.Matches(session.Title) == false)
                {
                    continue;
                }

                if (found.Count == count)
                {
                    return (found, true);
                }

                found.Add(session);
            }

            if (page.Count < size)
            {
                return (found, false);
            }

            after = page[^1];
        }
    }
}
