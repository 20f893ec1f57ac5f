using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace AgentStream.Silo.Authentication;

/// <summary>Knows programs by their keys: <c>Authorization: Bearer {key}</c>.</summary>
internal sealed class ApiKeyHandler(IOptionsMonitor<ApiKeyOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<ApiKeyOptions>(options, logger, encoder)
{
    private const string Bearer = "Bearer ";

    /// <summary>The key or token of a request; null when it has none.</summary>
    public static string? TokenOf(HttpRequest request) =>
        request.Headers.Authorization.ToString() is { } header && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : null;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.Append(HeaderNames.WWWAuthenticate, "Bearer");
        return Task.CompletedTask;
    }

    private AuthenticateResult Authenticate()
    {
        if (TokenOf(Request) is not { Length: > 0 } token)
        {
            return AuthenticateResult.NoResult();
        }

        // Keys are random, so a plain hash keeps them; and who looks for one learns nothing from how long a comparison of hashes takes.
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        if (Options.Keys.FirstOrDefault(key => string.Equals(key.Hash, hash, StringComparison.OrdinalIgnoreCase)) is not { } known)
        {
            return AuthenticateResult.Fail("The key is not known.");
        }

        List<Claim> claims = [new(ClaimTypes.NameIdentifier, known.User!)];
        if (known.Scope is not null && Options.ScopeClaim is { } claim)
        {
            claims.Add(new(claim, known.Scope));
        }

        return AuthenticateResult.Success(new(new ClaimsPrincipal(new ClaimsIdentity(claims, Scheme.Name)), Scheme.Name));
    }
}
