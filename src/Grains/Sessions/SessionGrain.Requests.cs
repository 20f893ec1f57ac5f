using AgentStream.Grains.Expiry;
using AgentStream.Grains.Runs;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Sessions;

/// <summary>The requests of a session: their answers, and what becomes of those that get none in time.</summary>
internal sealed partial class SessionGrain
{
    async Task<AnswerReceipt> ISessionGrain.AnswerAsync(RequestAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var state = StateForAnswers();
        await state.ReadAsync(journal, Key);
        var (receipt, run) = await answers.TakeAsync(Key, state, answer);
        Go(run, state);
        return receipt;
    }

    async Task<DateTimeOffset?> ISessionExpiry.HandleDueAsync()
    {
        // The store is asked first: of a run that has ended there, the journal has all. One that is about to pause has its session in the index before its requests are in the journal.
        var isBusy = await environment.Store.FindRunAsync(Key) is { HasEnded: false };
        var state = isBusy ? StateForReading() : StateForAnswers();
        await state.ReadAsync(journal, Key);
        var now = environment.Time.GetUtcNow();
        var expires = state.Requests.Open.Min(request => request.ExpiresAt);
        var next = await FireAsync(state, now);
        if (isBusy)
        {
            return now;
        }

        if (expires > now || expires is null)
        {
            return Earlier(expires, next);
        }

        Go(await answers.ExpireAsync(Key, state), state);
        return now;
    }

    async Task<bool> ISessionGrain.RevokeRuleAsync(string ruleId)
    {
        var isRevoked = false;
        await ChangeAsync(async (_, records) =>
        {
            if (records.History.Requests.Rules.Any(rule => rule.RuleId == ruleId))
            {
                await records.AddAsync(now => new RuleRevokedRecord(ruleId) { Timestamp = now });
                isRevoked = true;
            }
        });
        return isRevoked;
    }

    private void Go(AgentRun? run, SessionState state)
    {
        if (run is not null)
        {
            _state = state;
            Go(run);
        }
    }
}
