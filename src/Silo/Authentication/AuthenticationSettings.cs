using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;

namespace AgentStream.Silo.Authentication;

/// <summary>What the configuration says of authentication. The sections are ASP.NET Core's own, and so are the settings in them.</summary>
internal sealed class AuthenticationSettings(IConfiguration configuration)
{
    /// <summary>The scheme that passes each request on to the one that it is for.</summary>
    public const string DefaultScheme = "AgentStream";

    private const string Schemes = "Authentication:Schemes";

    private static readonly string[] Known = [JwtBearerDefaults.AuthenticationScheme, ApiKeyOptions.Scheme, OpenIdConnectDefaults.AuthenticationScheme];

    private readonly IConfigurationSection _schemes = configuration.GetSection(Schemes);

    public bool HasAny => _schemes.GetChildren().Any();

    public bool HasTokens => Tokens.Exists();

    public bool HasKeys => ApiKeys.Exists();

    public bool HasSignIn => SignIn.Exists();

    public bool HasResponseType => SignIn[nameof(OpenIdConnectOptions.ResponseType)] is not null;

    public IConfigurationSection ApiKeys => _schemes.GetSection(ApiKeyOptions.Scheme);

    public string? ScopeClaim => configuration[$"{AgentStreamHttpOptions.Section}:{nameof(AgentStreamHttpOptions.ScopeClaim)}"];

    private IConfigurationSection Tokens => _schemes.GetSection(JwtBearerDefaults.AuthenticationScheme);

    private IConfigurationSection SignIn => _schemes.GetSection(OpenIdConnectDefaults.AuthenticationScheme);

    /// <summary>The scheme that a request is for, by what its header Authorization has. Tokens have three parts between dots.</summary>
    public string SchemeFor(string? token) =>
        token is null && HasSignIn ? CookieAuthenticationDefaults.AuthenticationScheme
        : HasTokens && (!HasKeys || token is null || token.Count(c => c == '.') == 2) ? JwtBearerDefaults.AuthenticationScheme
        : HasKeys ? ApiKeyOptions.Scheme
        : CookieAuthenticationDefaults.AuthenticationScheme;

    /// <summary>Finds what is missing.</summary>
    /// <exception cref="InvalidOperationException">A setting is missing or breaks its rule; the message names all of these.</exception>
    public void Check()
    {
        List<string> errors = [.. CheckNames(), .. CheckTokens(), .. CheckKeys(), .. CheckSignIn()];
        if (errors.Count > 0)
        {
            throw new InvalidOperationException(string.Join(" ", errors));
        }
    }

    private IEnumerable<string> CheckNames() =>
        from scheme in _schemes.GetChildren()
        where !Known.Contains(scheme.Key, StringComparer.OrdinalIgnoreCase)
        select $"{scheme.Path} is none of the schemes that a silo has: {string.Join(", ", Known)}.";

    private IEnumerable<string> CheckTokens()
    {
        if (!HasTokens)
        {
            yield break;
        }

        if (!HasOneOf("ValidAudience", "ValidAudiences"))
        {
            yield return $"{Tokens.Path}:ValidAudience must be whom the tokens are for: without it, a token for any other service would be let in.";
        }

        if (!HasOneOf("Authority", "MetadataAddress", "SigningKeys"))
        {
            yield return $"{Tokens.Path} needs the Authority that issues the tokens, or SigningKeys.";
        }

        if (HasOneOf("SigningKeys") && !HasOneOf("ValidIssuer", "ValidIssuers"))
        {
            yield return $"{Tokens.Path}:ValidIssuer must be the issuer that the SigningKeys are of.";
        }
    }

    private IEnumerable<string> CheckKeys()
    {
        foreach (var section in ApiKeys.GetChildren())
        {
            var key = section.Get<ApiKey>()!;
            if (!key.HasHash)
            {
                // What stands there may be the key itself: not repeated.
                yield return $"{section.Path}:{nameof(key.Hash)} must be the key's SHA-256, as 64 hexadecimal digits.";
            }

            if (string.IsNullOrEmpty(key.User))
            {
                yield return $"{section.Path}:{nameof(key.User)} must be the user for whom the key's program calls.";
            }

            if ((key.Scope is null) != (ScopeClaim is null))
            {
                yield return $"{section.Path}:{nameof(key.Scope)} and {AgentStreamHttpOptions.Section}:{nameof(AgentStreamHttpOptions.ScopeClaim)} go together: set both, or neither.";
            }
        }
    }

    private IEnumerable<string> CheckSignIn() =>
        from name in HasSignIn ? (string[])[nameof(OpenIdConnectOptions.Authority), nameof(OpenIdConnectOptions.ClientId)] : []
        where string.IsNullOrEmpty(SignIn[name])
        select $"{SignIn.Path}:{name} is missing.";

    private bool HasOneOf(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Tokens.GetSection(name).Exists())
            {
                return true;
            }
        }

        return false;
    }
}
