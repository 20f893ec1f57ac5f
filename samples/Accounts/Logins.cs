using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace AgentStream.Accounts;

internal sealed record Login(string Email, string Password);

/// <summary>Cookies for people and tokens for programs, as ASP.NET Core has them. AgentStream takes the user from the claim <see cref="ClaimTypes.NameIdentifier"/>.</summary>
internal static class Logins
{
    private const string Either = "CookieOrToken";
    private const string Issuer = "accounts-sample";

    // Tokens end with the process. In production, take a key from your secrets, the same for all processes.
    private static readonly SymmetricSecurityKey Key = new(RandomNumberGenerator.GetBytes(32));

    private static readonly string NobodysHash = new PasswordHasher<Account>().HashPassword(null!, Guid.NewGuid().ToString());

    /// <summary>For pages: who has no cookie is sent to the login page.</summary>
    public static AuthorizationPolicy People { get; } =
        new AuthorizationPolicyBuilder(CookieAuthenticationDefaults.AuthenticationScheme).RequireAuthenticatedUser().Build();

    public static void AddLogins(this IServiceCollection services)
    {
        services.AddAuthorization();
        services
            .AddAuthentication(options =>
            {
                options.DefaultScheme = Either;
                // A program that has not logged in gets 401, and no redirect to a page.
                options.DefaultChallengeScheme = JwtBearerDefaults.AuthenticationScheme;
            })
            .AddPolicyScheme(Either, null, options => options.ForwardDefaultSelector = context =>
                context.Request.Headers.ContainsKey("Authorization") ? JwtBearerDefaults.AuthenticationScheme : CookieAuthenticationDefaults.AuthenticationScheme)
            .AddCookie(options => options.LoginPath = "/login")
            .AddJwtBearer(options => options.TokenValidationParameters = new()
            {
                ValidIssuer = Issuer,
                ValidAudience = Issuer,
                IssuerSigningKey = Key,
            });
    }

    public static void MapLogins(this WebApplication app)
    {
        app.MapGet("/login", () => TypedResults.Content(Page, "text/html"));

        // The body is JSON, which the page of another site cannot send without being asked first: so no antiforgery token is needed.
        app.MapPost("/login", async (Login login, ShopDb db) => await FindAsync(login, db) is { } user
            ? Results.SignIn(user, authenticationScheme: CookieAuthenticationDefaults.AuthenticationScheme)
            : Results.Unauthorized());

        app.MapPost("/token", async (Login login, ShopDb db) => await FindAsync(login, db) is { } user
            ? Results.Text(NewToken(user))
            : Results.Unauthorized());

        app.MapPost("/logout", () => TypedResults.SignOut(null, [CookieAuthenticationDefaults.AuthenticationScheme]));
    }

    private static async Task<ClaimsPrincipal?> FindAsync(Login login, ShopDb db)
    {
        // An unknown address takes as long as a wrong password.
        var account = await db.Accounts.SingleOrDefaultAsync(account => account.Email == login.Email);
        var hasher = new PasswordHasher<Account>();
        var hash = account?.PasswordHash ?? NobodysHash;
        return hasher.VerifyHashedPassword(null!, hash, login.Password) != PasswordVerificationResult.Failed && account is not null
            ? new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, account.Id)], "password"))
            : null;
    }

    private static string NewToken(ClaimsPrincipal user) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = Issuer,
        Audience = Issuer,
        Subject = new([new(JwtRegisteredClaimNames.Sub, user.FindFirstValue(ClaimTypes.NameIdentifier)!)]),
        Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1),
        SigningCredentials = new(Key, SecurityAlgorithms.HmacSha256),
    });

    private const string Page = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <title>Log in</title>
        <form id="login">
          <h1>Log in</h1>
          <p><label>E-mail <input name="email" type="email" autocomplete="username" required></label>
          <p><label>Password <input name="password" type="password" autocomplete="current-password" required></label>
          <p><button>Log in</button> <span role="status" id="said"></span>
        </form>
        <script>
          login.onsubmit = async event => {
            event.preventDefault();
            const body = JSON.stringify(Object.fromEntries(new FormData(login)));
            const answer = await fetch('/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
            if (answer.ok) location = '/';
            else said.textContent = 'This e-mail and password do not belong together.';
          };
        </script>
        """;
}
