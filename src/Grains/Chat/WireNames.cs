using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace AgentStream.Grains.Chat;

/// <summary>
/// Names of tools and ids of calls that every endpoint takes. What keeps the rule stays as it is; anything else gets a name that follows
/// from it alone, so the same name is sent the same way each time, and two names never become one.
/// </summary>
internal static partial class WireNames
{
    private const int MaxStem = 40;

    /// <summary>Whether endpoints take it.</summary>
    public static bool IsFit(string name) => Rule().IsMatch(name);

    /// <summary>The name under which a tool is told to the model.</summary>
    public static string OfTool(string name) => IsFit(name) ? name : Make(name, "unnamed", name);

    /// <summary>An id for a call whose own id cannot be sent.</summary>
    /// <param name="id">The call's own id.</param>
    /// <param name="nth">How often that id came before, and how often this was tried.</param>
    public static string OfCall(string id, string nth) => Make(id, "call", $"{id}\n{nth}");

    private static string Make(string name, string otherwise, string all)
    {
        var stem = new string([.. name.Take(MaxStem).Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '_')]);
        var mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)).AsSpan(0, 4));
        return $"{(stem.Length == 0 ? otherwise : stem)}_{mark}";
    }

    // The end of the text, and not before a line break at it.
    [GeneratedRegex(@"^[a-zA-Z0-9_-]{1,64}\z")]
    private static partial Regex Rule();
}

/// <summary>The ids of the calls in one request to a model: none empty, each once.</summary>
internal sealed class CallIds
{
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _seen = new(StringComparer.Ordinal);

    /// <summary>The id under which the next call is sent.</summary>
    /// <param name="id">The call's own.</param>
    public string Next(string id)
    {
        var nth = _seen[id] = _seen.GetValueOrDefault(id) + 1;
        var sent = nth == 1 && WireNames.IsFit(id) ? id : WireNames.OfCall(id, $"{nth}");
        for (var tries = 1; !_used.Add(sent); tries++)
        {
            sent = WireNames.OfCall(id, $"{nth}.{tries}");
        }

        return sent;
    }
}
