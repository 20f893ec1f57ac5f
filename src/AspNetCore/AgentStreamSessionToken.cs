using AgentStream.AspNetCore.Security;
using Microsoft.AspNetCore.Authentication;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Session tokens, which <c>POST /chat/{session_id}/token</c> makes, as a scheme of ASP.NET Core's authentication.</summary>
public static class AgentStreamSessionToken
{
    /// <summary>The scheme's name.</summary>
    public const string AuthenticationScheme = "AgentStreamSessionToken";

    /// <summary>
    /// Adds the scheme. Only a program that requires authorization on AgentStream's routes itself needs it, in its policy: without such a policy, the routes take tokens anyway. A program with one other
    /// scheme names that as the default, <c>AddAuthentication("Bearer")</c>: ASP.NET Core takes a scheme for the default by itself only where it is alone.
    /// </summary>
    /// <param name="authentication">The program's authentication.</param>
    /// <returns>The program's authentication.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="authentication"/> is null.</exception>
    public static AuthenticationBuilder AddAgentStreamSessionToken(this AuthenticationBuilder authentication)
    {
        ArgumentNullException.ThrowIfNull(authentication);
        return authentication.AddScheme<AuthenticationSchemeOptions, SessionTokenHandler>(AuthenticationScheme, null);
    }
}
