namespace AgentStream;

/// <summary>Secrets of webhooks, as the settings have them: <c>whsec_</c> and bytes in base64, several with spaces between them.</summary>
internal static class WebhookSecrets
{
    /// <summary>The rule, which names no secret.</summary>
    public const string Rule = "must be whsec_ and 24 to 64 bytes in base64, or several such with spaces between them";

    private const string Prefix = "whsec_";

    /// <summary>Reads secrets.</summary>
    /// <returns>The keys; null when one breaks the rule, or there is none.</returns>
    public static IReadOnlyList<byte[]>? Read(string? secrets)
    {
        var keys = new List<byte[]>();
        foreach (var secret in (secrets ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var key = new byte[secret.Length];
            if (!secret.StartsWith(Prefix, StringComparison.Ordinal) || !Convert.TryFromBase64String(secret[Prefix.Length..], key, out var length) || length is < 24 or > 64)
            {
                return null;
            }

            keys.Add(key[..length]);
        }

        return keys.Count == 0 ? null : keys;
    }
}
