using System.Globalization;
using System.Security.Claims;
using System.Text;

namespace AgentStream.AspNetCore.Security;

/// <summary>The user whom the claims of an authenticated request name.</summary>
internal static class ClaimedUser
{
    // What JWT and OpenID Connect call the user, where the names of claims are left as they came.
    private const string Subject = "sub";

    /// <summary>Reads the user.</summary>
    /// <param name="principal">Who is authenticated.</param>
    /// <param name="scopeClaim">The claim that names the scope; null when all users are of scope 1.</param>
    /// <returns>The user; or, when the claims do not name one, what is missing.</returns>
    public static (UserKey? User, string? Missing) Of(ClaimsPrincipal principal, string? scopeClaim)
    {
        var scope = scopeClaim is null ? "1" : Id(principal, scopeClaim);
        var user = Id(principal, ClaimTypes.NameIdentifier) ?? Id(principal, Subject);
        return scope is null ? (null, $"the claim '{scopeClaim}', which names the scope ({AgentStreamHttpOptions.Section}:{nameof(AgentStreamHttpOptions.ScopeClaim)}), with an id of at most {SessionKey.MaxSessionLength} characters")
            : user is null ? (null, $"a claim that names the user, '{Subject}' or '{ClaimTypes.NameIdentifier}', with an id of at most {SessionKey.MaxSessionLength} characters")
            : (new UserKey(scope, user), null);
    }

    private static string? Id(ClaimsPrincipal principal, string claim) =>
        principal.FindFirst(claim)?.Value is { Length: > 0 } value && Escape(value) is var id && UserKey.IsId(id) ? id : null;

    /// <summary>
    /// Makes an id of any text: a character that no id may have, and the <c>=</c> that the escape begins with, becomes <c>=</c> and the two digits of each of its bytes, as in <c>auth0=7C42</c>.
    /// Two texts never become one id.
    /// </summary>
    private static string Escape(string text)
    {
        if (text is "." or "..")
        {
            return text.Replace(".", "=2E", StringComparison.Ordinal);
        }

        var id = new StringBuilder(text.Length);
        foreach (var part in Encoding.UTF8.GetBytes(text))
        {
            if (part != '=' && UserKey.IsId($"{(char)part}_"))
            {
                id.Append((char)part);
            }
            else
            {
                id.Append(CultureInfo.InvariantCulture, $"={part:X2}");
            }
        }

        return id.ToString();
    }
}
