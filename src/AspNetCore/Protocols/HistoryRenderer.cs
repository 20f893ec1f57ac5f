using System.Text.Json;
using AgentStream.Events;

namespace AgentStream.AspNetCore.Protocols;

/// <summary>
/// Reads a session's history and tells what there is to show, for another protocol to write it down: in step with the stream. Of a run that is under way it tells the question alone, since the stream has its
/// answer from the beginning.
/// </summary>
/// <param name="session">The session's id.</param>
/// <param name="snapshot">What the session has come to.</param>
internal abstract class HistoryRenderer(string session, SessionSnapshot snapshot)
{
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly string? _live = snapshot.IsLive ? snapshot.Run?.RunId : null;
    private string? _answer;
    private int _run;

    /// <summary>What the session has come to.</summary>
    protected SessionSnapshot Snapshot => snapshot;

    /// <summary>Reads the messages.</summary>
    /// <param name="messages">The session's messages, parsed.</param>
    public void Read(JsonElement messages)
    {
        var isAsked = false;
        foreach (var (at, message) in messages.EnumerateArray().Index())
        {
            var runId = message.Text("run_id");
            isAsked |= runId is not null && runId == snapshot.Run?.RunId;
            if (message.TryGetProperty(Protocol.Fields.Parts, out var parts) && parts.ValueKind == JsonValueKind.Array)
            {
                Take(message.Text(Protocol.Fields.Kind) == Protocol.Kinds.Request, parts, BaseOf(at, runId), isLive: runId is not null && runId == _live);
            }
        }

        if (!isAsked && snapshot.Run is { IsContinuation: false } last)
        {
            // It has no answer, and so it is in no message.
            var begin = last.Begin ?? snapshot.Runs.LastOrDefault(run => run.RunId == last.RunId)?.Begin;
            Ask(begin is { } cursor ? MessageId.OfAnswer(session, cursor) : MessageId.OfAnswer(session, messages.GetArrayLength()), 0, JsonSerializer.SerializeToElement(last.Prompt));
        }
    }

    /// <summary>The user has said something.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="content">What: a text, or an array of texts and other content.</param>
    protected abstract void Asked(string id, JsonElement content);

    /// <summary>The model has responded.</summary>
    /// <param name="id">The id of the answer, to which several responses may belong.</param>
    /// <param name="parts">The response's parts.</param>
    protected abstract void Answered(string id, JsonElement parts);

    /// <summary>A call has its result.</summary>
    /// <param name="part">The request's part.</param>
    protected abstract void Returned(JsonElement part);

    /// <summary>The pieces of what the user has said: texts, images, files.</summary>
    protected static IEnumerable<JsonElement> ContentsOf(JsonElement content) => content.ValueKind == JsonValueKind.Array ? content.EnumerateArray() : [content];

    /// <summary>The text of a piece of what the user has said, or a word for one that is no text.</summary>
    protected static string TextOf(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Object => content.Text(Protocol.Fields.Content) ?? $"[{content.Text(Protocol.Fields.Kind) ?? "content"}]",
        _ => "",
    };

    private void Take(bool isRequest, JsonElement parts, string answer, bool isLive)
    {
        if (!isRequest)
        {
            if (!isLive)
            {
                Answered(_answer ??= Unique(answer), parts);
            }

            return;
        }

        var prompts = new List<JsonElement>();
        foreach (var part in parts.EnumerateArray())
        {
            switch (part.Text(Protocol.Fields.PartKind))
            {
                case Protocol.Parts.UserPrompt when part.TryGetProperty(Protocol.Fields.Content, out var content):
                    prompts.Add(content);
                    break;
                case Protocol.Parts.ToolReturn or Protocol.Parts.RetryPrompt when !isLive:
                    Returned(part);
                    break;
            }
        }

        // The last is the run's own; those before it came to no answer.
        foreach (var (i, prompt) in prompts.Index())
        {
            Ask(answer, prompts.Count - 1 - i, prompt);
        }
    }

    private void Ask(string answer, int number, JsonElement content)
    {
        _answer = null;
        Asked(Unique(MessageId.OfQuestion(answer, number)), content);
    }

    // A prompt that joined a run under way cuts its answer in two.
    private string Unique(string id) => _ids.Add(id) ? id : $"{id}:{_ids.Count}";

    /// <summary>What the ids of a run's messages start with.</summary>
    private string BaseOf(int at, string? runId)
    {
        var runs = snapshot.Runs;
        while (_run < runs.Count && runs[_run].First + runs[_run].Count <= at)
        {
            _run++;
        }

        return _run < runs.Count && runs[_run].First <= at ? MessageId.OfAnswer(session, runs[_run].Begin)
            : runId is not null && runId == snapshot.Run?.RunId && snapshot.Run.Begin is { } begin ? MessageId.OfAnswer(session, begin)
            : MessageId.OfAnswer(session, at - (at % 2));
    }
}
