using System.Text.Json;
using AgentStream.AspNetCore.Requests;
using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Protocols.AgUi;

/// <summary>A <c>RunAgentInput</c>, as far as it counts here.</summary>
/// <param name="ThreadId">The thread's id, which is the session's.</param>
/// <param name="RunId">What the client calls the run.</param>
/// <param name="Run">The prompt, with the agent and what becomes of it in a busy session, where <c>forwardedProps</c> say so; null for answers.</param>
/// <param name="Answers">The answers to what the thread waits for; null for a prompt.</param>
/// <param name="Answered">The calls whose results the client shows already, by the ids that they are shown under.</param>
internal sealed record AgUiRequest(string ThreadId, string RunId, RunRequest? Run, IReadOnlyList<RequestAnswer>? Answers, IReadOnlyList<string> Answered)
{
    /// <summary>The longest name of a run, in characters: it is repeated in the answer.</summary>
    internal const int MaxRunIdLength = 128;

    /// <summary>Reads and checks the body.</summary>
    /// <exception cref="RefusedException">The body breaks a rule.</exception>
    public static async Task<AgUiRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadObjectAsync(request, FrontEndStream.MaxBodyLength, cancellationToken);
        var fields = new JsonFields(body);
        var threadId = fields.Text("threadId", RunRules.Session);
        var runId = fields.Text("runId", text =>
            text is null ? "is required" : text.Length is > 0 and <= MaxRunIdLength ? null : $"must be 1 to {MaxRunIdLength} characters");
        var tools = ToolFields.Read(body, fields);
        if (AgUiResume.Read(body, fields) is { } answers)
        {
            fields.ThrowIfAnyIsWrong();
            return new AgUiRequest(threadId!, runId!, Run: null, answers, []);
        }

        if (AgUiToolMessages.Read(body, fields) is { } results)
        {
            fields.ThrowIfAnyIsWrong();
            return new AgUiRequest(threadId!, runId!, Run: null, [.. results.Select(result => result.Answer)], [.. results.Select(result => result.Shown)]);
        }

        var prompt = LastMessage.Prompt(body, "content", fields);
        string? Forwarded(string name, Func<string?, string?> check) =>
            body.TryGetProperty("forwardedProps"u8, out var props) && props.ValueKind == JsonValueKind.Object
                ? fields.Text(props, name, $"forwardedProps.{name}", check)
                : null;
        var agent = Forwarded("agent", RunRequestRules.Agent);
        var onBusy = Forwarded("on_busy", RunRules.OnBusy);
        fields.ThrowIfAnyIsWrong();
        var key = MessageKey.Read(request, body, runId, prompt, agent);
        return new AgUiRequest(threadId!, runId!, new RunRequest(prompt!, agent, RunRules.ReadOnBusy(onBusy), key, tools), Answers: null, []);
    }
}
