using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Authorization;

namespace AgentStream.Silo.Authentication;

/// <summary>Who may call, by configuration alone: tokens, keys of programs, and people who sign in, each a section of <c>Authentication:Schemes</c>.</summary>
internal static class SiloAuthentication
{
    /// <summary>Has ASP.NET Core know the callers that the configuration names.</summary>
    /// <exception cref="InvalidOperationException">A setting is missing or breaks its rule.</exception>
    public static WebApplicationBuilder AddConfiguredAuthentication(this WebApplicationBuilder builder)
    {
        var settings = new AuthenticationSettings(builder.Configuration);
        if (!settings.HasAny)
        {
            return builder;
        }

        settings.Check();
        var authentication = builder.Services.AddAuthentication(AuthenticationSettings.DefaultScheme)
            .AddPolicyScheme(AuthenticationSettings.DefaultScheme, null, options => options.ForwardDefaultSelector = context => settings.SchemeFor(ApiKeyHandler.TokenOf(context.Request)));
        if (settings.HasTokens)
        {
            // The issuer counts, too, when only its address is given.
            authentication.AddJwtBearer(options => options.TokenValidationParameters.ValidateIssuer = true);
        }

        if (settings.HasKeys)
        {
            authentication.AddScheme<ApiKeyOptions, ApiKeyHandler>(ApiKeyOptions.Scheme, options =>
            {
                options.Keys = settings.ApiKeys.Get<ApiKey[]>()!;
                options.ScopeClaim = settings.ScopeClaim;
            });
        }

        if (settings.HasSignIn)
        {
            AddSignIn(authentication, settings);
        }

        return builder;
    }

    /// <summary>Has who opens a page sign in, where people can.</summary>
    public static void RequireSignIn(this IEndpointConventionBuilder page, IConfiguration configuration)
    {
        if (new AuthenticationSettings(configuration).HasSignIn)
        {
            page.RequireAuthorization(new AuthorizationPolicyBuilder(OpenIdConnectDefaults.AuthenticationScheme).RequireAuthenticatedUser().Build());
        }
    }

    /// <summary>Has a program show its key, where programs have keys. People who sign in have nothing to do with such a route.</summary>
    public static void RequireKey(this IEndpointConventionBuilder route, IConfiguration configuration)
    {
        if (new AuthenticationSettings(configuration).HasKeys)
        {
            route.RequireAuthorization(new AuthorizationPolicyBuilder(ApiKeyOptions.Scheme).RequireAuthenticatedUser().Build());
        }
    }

    private static void AddSignIn(AuthenticationBuilder authentication, AuthenticationSettings settings)
    {
        authentication.Services.AddAuthorization();
        authentication
            .AddCookie(options =>
            {
                options.Cookie.Name = "agentstream";
                options.Cookie.HttpOnly = true;
                options.Cookie.SameSite = SameSiteMode.Lax;
            })
            .AddOpenIdConnect(options =>
            {
                options.SignInScheme = CookieAuthenticationDefaults.AuthenticationScheme;
                if (!settings.HasResponseType)
                {
                    // A code in the address, proven by PKCE: no token passes through the browser, and no cookie has to cross sites.
                    options.ResponseType = "code";
                    options.ResponseMode = "query";
                    foreach (var cookie in (CookieBuilder[])[options.CorrelationCookie, options.NonceCookie])
                    {
                        cookie.SameSite = SameSiteMode.Lax;
                        cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
                    }
                }
            });
    }
}
