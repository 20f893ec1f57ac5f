using AgentStream.Messages;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace AgentStream.Moderation;

internal interface IBillGrain : IGrainWithStringKey
{
    Task<long> GetTokensAsync();
}

[GenerateSerializer]
internal sealed class Bill
{
    /// <summary>The tokens of each run, by the run's id.</summary>
    [Id(0)]
    public Dictionary<string, long> Runs { get; init; } = [];
}

/// <summary>Counts the tokens of a session. The stream says when a run has ended; what it has used is in the journal.</summary>
[ImplicitStreamSubscription(SessionStreams.Namespace)]
internal sealed class BillGrain([PersistentState("bill")] IPersistentState<Bill> bill, IAgentStreamClient client)
    : Grain, IBillGrain, IStreamSubscriptionObserver, IAsyncObserver<SessionEntry>
{
    public Task<long> GetTokensAsync() => Task.FromResult(bill.State.Runs.Values.Sum());

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<SessionEntry>().ResumeAsync(this);

    public async Task OnNextAsync(SessionEntry item, StreamSequenceToken? token = null)
    {
        if (item.Type != Protocol.End || await client.GetSessionAsync(item.Session) is not { } session)
        {
            return;
        }

        // An entry can come twice, so a run is billed by its id. A run whose end was missed is billed with the next one.
        var messages = ModelMessages.FromJson(session.Messages);
        foreach (var run in session.Runs)
        {
            bill.State.Runs.TryAdd(run.RunId, messages.Skip(run.First).Take(run.Count).OfType<ModelResponse>().Sum(Tokens));
        }

        await bill.WriteStateAsync();
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    private static long Tokens(ModelResponse response) => response.Usage is { } usage ? usage.InputTokens + usage.OutputTokens : 0;
}
