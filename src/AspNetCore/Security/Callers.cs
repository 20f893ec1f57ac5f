using AgentStream.AspNetCore.Requests;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Security;

/// <summary>Finds out who calls: the program's own function knows, or ASP.NET Core's authentication, or nobody.</summary>
internal sealed class Callers(IOptions<AgentStreamHttpOptions> options, IAuthenticationSchemeProvider? schemes = null)
{
    private static readonly UserKey Anyone = new(1, 1);

    /// <summary>Whether anybody who reaches the server is let in unasked, and nobody has said that this is meant.</summary>
    public async ValueTask<bool> AreUnknownAsync() => options.Value is { GetUser: null, AllowAnonymous: false } && !await HasSchemesAsync();

    /// <summary>The user for whom a request is made.</summary>
    /// <exception cref="RefusedException">The request does not say, or not credibly (401), or its claims name no user (403).</exception>
    public async ValueTask<UserKey> OfAsync(HttpContext context)
    {
        if (options.Value.GetUser is { } getUser)
        {
            return await getUser(context) ?? throw new RefusedException(StatusCodes.Status401Unauthorized, "The request does not say, or not credibly, who makes it.");
        }

        if (context.User.Identity?.IsAuthenticated == true)
        {
            var (user, missing) = ClaimedUser.Of(context.User, options.Value.ScopeClaim);
            return user ?? throw new RefusedException(StatusCodes.Status403Forbidden, $"The request is authenticated, but lacks {missing}.");
        }

        return options.Value.AllowAnonymous || !await HasSchemesAsync() ? Anyone : throw await AskAsync(context);
    }

    private async ValueTask<bool> HasSchemesAsync() => schemes is not null && (await schemes.GetAllSchemesAsync()).Any();

    /// <summary>Says what is missing, in the way of the authentication scheme.</summary>
    private async Task<RefusedException> AskAsync(HttpContext context)
    {
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
