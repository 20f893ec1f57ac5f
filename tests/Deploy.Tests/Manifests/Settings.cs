using System.Text.RegularExpressions;

namespace AgentStream.Deploy.Tests.Manifests;

/// <summary>The settings that <c>docs/configuration.md</c> names.</summary>
internal static partial class Settings
{
    private static readonly HashSet<string> Known =
    [
        .. Name().Matches(Repository.Read("docs/configuration.md")).Select(match => match.Groups[1].Value.Replace(":", "__", StringComparison.Ordinal)),
    ];

    /// <summary>What is not in that table: names of .NET's, and sections of it that other pages explain.</summary>
    private static readonly string[] Others =
    [
        "ASPNETCORE_HTTP_PORTS", "ConnectionStrings__redis", "Authentication__Schemes__ApiKeys__0__Hash", "Authentication__Schemes__ApiKeys__0__User",
    ];

    /// <summary>Whether a variable sets something that the silo reads.</summary>
    public static bool Has(string variable) => Others.Contains(variable)
        || (variable.StartsWith("AgentStream__", StringComparison.Ordinal) && Known.Contains(variable["AgentStream__".Length..]));

    // The first cell of a row: names in code, with commas between them.
    [GeneratedRegex(@"(?<=^\|[^|]*)`([A-Za-z:]+)`", RegexOptions.Multiline)]
    private static partial Regex Name();
}
