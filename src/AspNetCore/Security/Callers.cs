using AgentStream.AspNetCore.Requests;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Security;

/// <summary>Finds out who calls: the program's own function knows, or ASP.NET Core's authentication, or nobody.</summary>
internal sealed class Callers(IOptions<AgentStreamHttpOptions> options, SessionTokens tokens, IAuthenticationSchemeProvider? schemes = null)
{
    private static readonly UserKey Anyone = new(1, 1);

    /// <summary>Whether anybody who reaches the server is let in unasked, and nobody has said that this is meant.</summary>
    public async ValueTask<bool> AreUnknownAsync() => options.Value is { GetUser: null, AllowAnonymous: false } && !await HasSchemesAsync();

    /// <summary>The user for whom a request is made. What the request itself says of them goes before a session token.</summary>
    /// <exception cref="RefusedException">The request does not say, or not credibly (401), or its claims name no user, or its token does not allow it (403).</exception>
    public async ValueTask<CallerFeature> OfAsync(HttpContext context)
    {
        if (await SignedInAsync(context) is { } user)
        {
            return new(user);
        }

        var isOpen = options.Value.GetUser is null && (options.Value.AllowAnonymous || !await HasSchemesAsync());
        return tokens.Find(context) switch
        {
            ({ Key: var key } token, _) => new(key.UserKey, token),
            (_, { } refusal) when !isOpen => throw refusal,
            _ when isOpen => new(Anyone),
            _ => throw await AskAsync(context),
        };
    }

    private async ValueTask<UserKey?> SignedInAsync(HttpContext context)
    {
        if (options.Value.GetUser is { } getUser)
        {
            return await getUser(context);
        }

        if (!context.User.Identities.Any(identity => identity.IsAuthenticated && identity.AuthenticationType != AgentStreamSessionToken.AuthenticationScheme))
        {
            return null;
        }

        var (user, missing) = ClaimedUser.Of(context.User, options.Value.ScopeClaim);
        return user ?? throw new RefusedException(StatusCodes.Status403Forbidden, $"The request is authenticated, but lacks {missing}.");
    }

    // Somebody has to be known before there can be a session token.
    private async ValueTask<bool> HasSchemesAsync() => schemes is not null && (await schemes.GetAllSchemesAsync()).Any(scheme => scheme.HandlerType != typeof(SessionTokenHandler));

    /// <summary>Says what is missing, in the way of the authentication scheme.</summary>
    private async Task<RefusedException> AskAsync(HttpContext context)
    {
        if (options.Value.GetUser is not null)
        {
            return new RefusedException(StatusCodes.Status401Unauthorized, "The request does not say, or not credibly, who makes it.");
        }

        // A redirect to another server, where a person signs in, is no answer to a program.
        if (await schemes!.GetDefaultChallengeSchemeAsync() is { } scheme && !typeof(IAuthenticationRequestHandler).IsAssignableFrom(scheme.HandlerType))
        {
            await context.ChallengeAsync(scheme.Name);
        }

        var isRefused = await schemes.GetDefaultAuthenticateSchemeAsync() is { } asked && (await context.AuthenticateAsync(asked.Name)).Failure is not null;
        return new RefusedException(
            StatusCodes.Status401Unauthorized,
            isRefused
                ? "What the request says of who makes it is not valid, or not valid any more."
                : "The request does not say who makes it: it needs a token or a key in its header Authorization, or a browser that has signed in.");
    }
}
