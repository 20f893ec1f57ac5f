using System.Globalization;
using System.Text.Json;
using AgentStream.AspNetCore.Requests;
using AgentStream.Events;
using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Protocols.AiSdk;

/// <summary>What <c>DefaultChatTransport</c> posts, as far as it counts here.</summary>
/// <param name="Id">The chat's id, which is the session's.</param>
/// <param name="Run">The prompt, with the agent and what becomes of it in a busy session, where the transport's <c>body</c> says so; null for answers.</param>
/// <param name="Answers">The answers to what the session waits for; null for a prompt.</param>
internal sealed record AiSdkRequest(string Id, RunRequest? Run, AiSdkAnswers? Answers)
{
    /// <summary>The header that says which major version of the AI SDK reads.</summary>
    internal const string VersionHeader = "X-AI-SDK-Version";

    /// <summary>The version that is written for unless the header says otherwise: what it reads, later ones read too.</summary>
    internal const int DefaultMajor = 6;

    /// <summary>Reads and checks the body.</summary>
    /// <exception cref="RefusedException">The body breaks a rule.</exception>
    public static async Task<AiSdkRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadObjectAsync(request, FrontEndStream.MaxBodyLength, cancellationToken);
        var fields = new JsonFields(body);
        var id = fields.Text("id", RunRules.Session);
        var agent = fields.Text("agent", RunRequestRules.Agent);
        var onBusy = fields.Text("on_busy", RunRules.OnBusy);
        var answers = AiSdkAnswers.Read(body, fields);
        var prompt = answers is null ? LastMessage.Prompt(body, "parts", fields) : null;
        fields.ThrowIfAnyIsWrong();
        if (answers is not null)
        {
            return new AiSdkRequest(id!, Run: null, answers);
        }

        var key = IsAskedAgain(body) ? RunRules.ReadIdempotencyKey(request) : MessageKey.Read(request, body, prompt, agent);
        return new AiSdkRequest(id!, new RunRequest(prompt!, agent, RunRules.ReadOnBusy(onBusy), key), Answers: null);
    }

    /// <summary>Whether the user wants another answer to a message that is there: by <c>regenerate()</c>, or by sending it anew in its own place.</summary>
    private static bool IsAskedAgain(JsonElement body) =>
        body.Field("trigger") is { ValueKind: JsonValueKind.String } trigger && !trigger.ValueEquals("submit-message"u8)
        || body.Field("messageId") is { ValueKind: JsonValueKind.String };

    /// <summary>Reads the header.</summary>
    /// <exception cref="InvalidInputException">The header is there and no version.</exception>
    public static int ReadMajor(HttpRequest request) => request.Headers[VersionHeader].ToString() switch
    {
        "" => DefaultMajor,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var major) && major >= 5 => major,
        _ => throw new InvalidInputException(VersionHeader, "must be the major version of the npm package ai, from 5 on"),
    };
}
