using System.Text;
using AgentStream.Events;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace AgentStream.Moderation;

internal interface IModeratorGrain : IGrainWithStringKey;

/// <summary>Reads a session's answers as they come, and cancels a run that says what it should not.</summary>
[ImplicitStreamSubscription(SessionStreams.Namespace)]
internal sealed class ModeratorGrain(IAgentStreamClient client, IConfiguration configuration)
    : Grain, IModeratorGrain, IStreamSubscriptionObserver, IAsyncObserver<SessionEntry>
{
    private readonly string _forbidden = configuration["Forbidden"] ?? "abracadabra";
    private readonly StringBuilder _answer = new();

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<SessionEntry>().ResumeAsync(this);

    public async Task OnNextAsync(SessionEntry item, StreamSequenceToken? token = null)
    {
        switch (AgentEvent.Read(new StreamEntry(item.Cursor, item.Type, item.Origin, item.Body)))
        {
            case NodeBegan:
                _answer.Clear();
                break;
            case TextStarted text:
                await ReadAsync(item.Session, text.Text);
                break;
            case TextDelta text:
                await ReadAsync(item.Session, text.Text);
                break;
        }
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    private async Task ReadAsync(SessionKey session, string text)
    {
        // A word may come in pieces, so the whole answer is read.
        if (_answer.Append(text).ToString().Contains(_forbidden, StringComparison.OrdinalIgnoreCase))
        {
            _answer.Clear();
            await client.CancelAsync(session);
        }
    }
}
