using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AgentStream.AspNetCore.Requests;
using AgentStream.Events;
using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Protocols;

/// <summary>The idempotency key of a prompt whose client gives messages ids: a request that the client, or something on the way, sends again is no second run.</summary>
internal static class MessageKey
{
    /// <summary>Reads the key.</summary>
    /// <param name="request">Its header <c>Idempotency-Key</c> comes first.</param>
    /// <param name="root">The body, with its field <c>messages</c>.</param>
    /// <param name="parts">What else makes the prompt another one. The text does: some clients keep the id of a message that was edited.</param>
    /// <returns>The key; null when the last message has no id.</returns>
    /// <exception cref="InvalidInputException">The header breaks its rule.</exception>
    public static string? Read(HttpRequest request, JsonElement root, params ReadOnlySpan<string?> parts)
    {
        if (RunRules.ReadIdempotencyKey(request) is { } given)
        {
            return given;
        }

        return LastMessage.Of(root)?.Text("id") is { Length: > 0 } id
            ? $"message-{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', [id, .. parts]))))}"
            : null;
    }
}
