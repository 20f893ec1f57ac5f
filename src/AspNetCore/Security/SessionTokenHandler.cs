using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Security;

/// <summary>Session tokens as a scheme of ASP.NET Core's, for routes that the program itself protects. It lets nobody in on any route but those that take tokens.</summary>
internal sealed class SessionTokenHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, SessionTokens tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(tokens.Find(Context) switch
    {
        ({ }, _) => AuthenticateResult.Success(new(new ClaimsPrincipal(new ClaimsIdentity(AgentStreamSessionToken.AuthenticationScheme)), Scheme.Name)),
        (_, { } refusal) => AuthenticateResult.Fail(refusal.Message),
        _ => AuthenticateResult.NoResult(),
    });
}
