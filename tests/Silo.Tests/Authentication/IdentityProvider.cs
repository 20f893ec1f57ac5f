using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace AgentStream.Silo.Tests.Authentication;

/// <summary>An OpenID Connect provider where one person is signed in already: discovery, keys, the authorization endpoint with PKCE, the token endpoint.</summary>
internal sealed class IdentityProvider : IAsyncDisposable
{
    public const string ClientId = "silo";
    public const string ClientSecret = "secret-of-the-silo";

    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ConcurrentDictionary<string, (string Nonce, string Challenge)> _codes = new();
    private readonly WebApplication _app;

    private IdentityProvider(WebApplication app) => _app = app;

    public string Subject { get; set; } = "anna|7";

    public string Address => _app.Urls.First();

    private RsaSecurityKey Key => new(_rsa) { KeyId = "k1" };

    public static async Task<IdentityProvider> StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var provider = new IdentityProvider(builder.Build());
        provider.Map();
        await provider._app.StartAsync();
        return provider;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _rsa.Dispose();
    }

    /// <summary>A token as programs get it.</summary>
    public string NewToken(string audience, string? nonce = null) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = Address,
        Audience = audience,
        Expires = DateTime.UtcNow.AddHours(1),
        Claims = nonce is null ? new Dictionary<string, object> { ["sub"] = Subject } : new() { ["sub"] = Subject, ["nonce"] = nonce },
        SigningCredentials = new SigningCredentials(Key, SecurityAlgorithms.RsaSha256),
    });

    private void Map()
    {
        _app.MapGet("/.well-known/openid-configuration", () => new
        {
            issuer = Address,
            authorization_endpoint = $"{Address}/authorize",
            token_endpoint = $"{Address}/token",
            jwks_uri = $"{Address}/keys",
            response_types_supported = (string[])["code"],
            subject_types_supported = (string[])["public"],
            id_token_signing_alg_values_supported = (string[])["RS256"],
        });
        _app.MapGet("/keys", () =>
        {
            var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(_rsa.ExportParameters(includePrivateParameters: false)) { KeyId = "k1" });
            return new { keys = (object[])[new { kty = key.Kty, use = "sig", kid = key.Kid, alg = "RS256", n = key.N, e = key.E }] };
        });
        _app.MapGet("/authorize", (HttpRequest request) =>
        {
            var query = request.Query;
            if (query["client_id"] != ClientId || query["response_type"] != "code" || query["code_challenge_method"] != "S256")
            {
                return Results.BadRequest();
            }

            var code = Guid.NewGuid().ToString("N");
            _codes[code] = (query["nonce"].ToString(), query["code_challenge"].ToString());
            return Results.Redirect($"{query["redirect_uri"]}?code={code}&state={Uri.EscapeDataString(query["state"].ToString())}");
        });
        _app.MapPost("/token", async (HttpRequest request) =>
        {
            var form = await request.ReadFormAsync();
            var isProven = _codes.TryRemove(form["code"].ToString(), out var asked)
                && form["client_secret"] == ClientSecret
                && Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))) == asked.Challenge;
            return isProven
                ? Results.Json(new { access_token = "x", token_type = "Bearer", expires_in = 3600, id_token = NewToken(ClientId, asked.Nonce) })
                : Results.BadRequest(new { error = "invalid_grant" });
        });
    }
}
