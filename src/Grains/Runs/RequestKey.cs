using System.Security.Cryptography;
using System.Text;
using AgentStream.Messages;

namespace AgentStream.Grains.Runs;

/// <summary>How a prompt that is sent again is known: the key that its sender gave it, and what it says.</summary>
/// <param name="Key">The key.</param>
/// <param name="Hash">The SHA-256 of the agent's name, the prompt, and the tools and the webhook that came with it, in hexadecimal.</param>
internal sealed record RequestKey(string Key, string Hash)
{
    /// <summary>The key of a request; null when its sender gave none.</summary>
    public static RequestKey? Of(RunRequest request) => request.IdempotencyKey is { } key
        ? new(key, Convert.ToHexString(SHA256.HashData([.. Encoding.UTF8.GetBytes($"{request.Agent}\0{request.Prompt}"), .. ToolsOf(request), .. WebhookOf(request)])))
        : null;

    // A request without tools has the hash that it had when there were none.
    private static byte[] ToolsOf(RunRequest request) => request.Tools is { Count: > 0 } tools ? [0, .. ClientToolJson.ToUtf8(tools)] : [];

    // Nor is one without a webhook another for it. Tools are JSON, which has no zero.
    private static byte[] WebhookOf(RunRequest request) => request.Webhook is { } webhook ? [0, 0, .. Encoding.UTF8.GetBytes(webhook)] : [];
}
