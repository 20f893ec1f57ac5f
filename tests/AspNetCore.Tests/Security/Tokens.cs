using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace AgentStream.AspNetCore.Tests.Security;

/// <summary>An issuer of tokens, and a program that takes them as ASP.NET Core's documentation shows it.</summary>
internal sealed class Tokens
{
    private const string Issuer = "https://issuer.example";
    private const string Audience = "agents";

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    public Action<WebApplicationBuilder> Standard => builder =>
    {
        var scheme = "Authentication:Schemes:Bearer:";
        builder.Configuration[scheme + "ValidIssuer"] = Issuer;
        builder.Configuration[scheme + "ValidAudience"] = Audience;
        builder.Configuration[scheme + "SigningKeys:0:Issuer"] = Issuer;
        builder.Configuration[scheme + "SigningKeys:0:Value"] = Convert.ToBase64String(_key);
        builder.Services.AddAuthentication().AddJwtBearer();
    };

    public string New(Dictionary<string, object> claims, string audience = Audience, TimeSpan? age = null)
    {
        var issued = DateTime.UtcNow - (age ?? TimeSpan.Zero);
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = audience,
            IssuedAt = issued,
            NotBefore = issued,
            Expires = issued + TimeSpan.FromHours(1),
            Claims = claims,
            SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(_key), SecurityAlgorithms.HmacSha256),
        });
    }
}
