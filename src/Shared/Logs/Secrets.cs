using System.Text.RegularExpressions;

namespace AgentStream.Logs;

/// <summary>The one place that takes secrets out of what is logged or told: those that are known, and what looks like one.</summary>
internal static partial class Secrets
{
    private const string Hidden = "***";

    // What is shorter guards nothing ("none", "local"), and would take its letters out of every sentence.
    private const int Shortest = 8;

    /// <summary>The text without secrets; the same string where there is none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="known">Secrets that it may have; null for none.</param>
    public static string Redacted(string text, IReadOnlyList<string>? known = null)
    {
        foreach (var secret in known ?? [])
        {
            text = text.Replace(secret, Hidden, StringComparison.Ordinal);
        }

        return Alike().Replace(text, $"$1{Hidden}");
    }

    /// <summary>The secrets in the values of settings: each value, and its words, since <c>Bearer x</c> may come back as <c>x</c>. The longest first.</summary>
    public static IReadOnlyList<string> In(IEnumerable<string?> values) =>
    [
        .. values.OfType<string>().SelectMany(value => value.Split(' ').Append(value)).Where(value => value.Length >= Shortest).Distinct(StringComparer.Ordinal).OrderByDescending(value => value.Length),
    ];

    // What others say may repeat the key that was refused.
    [GeneratedRegex(@"(\bBearer\s+|\b(?:api[-_ ]?key|password|pwd|secret|(?:access_|agentstream_)?token)\s*[=:]\s*|\b(?:sk|gsk|xai|rk)-|\bast_CfDJ8)[^\s;,'""]{8,}", RegexOptions.IgnoreCase)]
    private static partial Regex Alike();
}
