using System.Text.Json;

namespace AgentStream.AspNetCore.Protocols.AiSdk;

/// <summary>A session's history as messages of <c>useChat</c>, with the ids that the stream has.</summary>
internal sealed class UiHistory : HistoryRenderer
{
    private readonly List<UiMessage> _messages = [];

    private UiHistory(string session, SessionSnapshot snapshot)
        : base(session, snapshot)
    {
    }

    /// <summary>Reads the messages.</summary>
    /// <param name="session">The session's id.</param>
    /// <param name="snapshot">What the session has come to.</param>
    /// <param name="messages">Its messages, parsed.</param>
    /// <returns>The messages of the user and the assistant, in order.</returns>
    public static IReadOnlyList<UiMessage> Read(string session, SessionSnapshot snapshot, JsonElement messages)
    {
        var history = new UiHistory(session, snapshot);
        history.Read(messages);
        foreach (var request in snapshot.Pending)
        {
            history.LastAnswer?.Wait(request);
        }

        return history._messages;
    }

    private UiMessage? LastAnswer => _messages.FindLast(message => message.IsAnswer);

    /// <inheritdoc/>
    protected override void Asked(string id, JsonElement content)
    {
        var message = new UiMessage(id, isAnswer: false);
        foreach (var item in ContentsOf(content))
        {
            message.AddContent(item, TextOf(item));
        }

        _messages.Add(message);
    }

    /// <inheritdoc/>
    protected override void Answered(string id, JsonElement parts)
    {
        if (_messages is not [.., { IsAnswer: true } message])
        {
            _messages.Add(message = new UiMessage(id, isAnswer: true));
        }

        message.AddStep(parts);
    }

    /// <inheritdoc/>
    protected override void Returned(JsonElement part) => LastAnswer?.Return(part);
}
