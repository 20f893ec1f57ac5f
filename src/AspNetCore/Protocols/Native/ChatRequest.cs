using AgentStream.AspNetCore.Requests;
using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Protocols.Native;

/// <summary>The body of <c>POST /chat</c>. It is read by hand, so that an error can name the field and the rule.</summary>
/// <param name="Prompt">What the user says.</param>
/// <param name="SessionId">The session; null for a new one.</param>
/// <param name="Agent">The agent; null for the default.</param>
/// <param name="OnBusy">What becomes of it when the session has a run under way.</param>
/// <param name="Tools">The tools that the caller carries out; null for none.</param>
/// <param name="Webhook">The URL that hears how the run ends; null for none. The session's grain knows its rules.</param>
internal sealed record ChatRequest(string Prompt, string? SessionId, string? Agent, BusySessionBehavior OnBusy, IReadOnlyList<ClientTool>? Tools, string? Webhook)
{
    /// <summary>The longest body, in bytes.</summary>
    internal const int MaxBodyLength = 1024 * 1024;

    /// <summary>Reads and checks the body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The body.</returns>
    /// <exception cref="RefusedException">The body breaks a rule.</exception>
    public static async Task<ChatRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadObjectAsync(request, MaxBodyLength, cancellationToken);
        var fields = new JsonFields(body);
        var prompt = fields.Text("prompt", RunRequestRules.Prompt);
        var sessionId = fields.Text("session_id", text => text is null ? null : RunRules.Session(text));
        var agent = fields.Text("agent", RunRequestRules.Agent);
        var onBusy = fields.Text("on_busy", RunRules.OnBusy);
        var tools = ToolFields.Read(body, fields);
        var webhook = fields.Text(Protocol.Fields.Webhook, _ => null);
        fields.RefuseOthers("prompt", "session_id", "agent", "on_busy", Protocol.Fields.Tools, Protocol.Fields.Webhook);
        fields.ThrowIfAnyIsWrong();
        return new ChatRequest(prompt!, sessionId, agent, RunRules.ReadOnBusy(onBusy), tools, webhook);
    }
}
