using AgentStream.AspNetCore.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace AgentStream.AspNetCore.Security;

/// <summary>Lets the pages of some other origins in (<see cref="AgentStreamHttpOptions.AllowedOrigins"/>), by the rules of CORS.</summary>
internal sealed class AllowedOrigins(ICorsService cors, IOptions<AgentStreamHttpOptions> options)
{
    // How long a browser may keep what it was told of an origin: two hours is the most that one of them takes.
    private static readonly TimeSpan Kept = TimeSpan.FromHours(2);

    private readonly CorsPolicy? _policy = options.Value.AllowedOrigins is { Count: > 0 } origins
        ? new CorsPolicyBuilder([.. origins]).AllowAnyHeader().AllowAnyMethod().AllowCredentials()
            .WithExposedHeaders(ResponseHeaders.Session, ResponseHeaders.Run, ResponseHeaders.Waiting, ResponseHeaders.Link, HeaderNames.RetryAfter, HeaderNames.ETag).SetPreflightMaxAge(Kept).Build()
        : null;

    /// <summary>Answers a page of an origin that is let in.</summary>
    /// <returns>False for any other request.</returns>
    public bool Admit(HttpContext context)
    {
        if (_policy is null || context.Request.Headers.Origin.ToString() is not { Length: > 0 } origin || !_policy.IsOriginAllowed(origin))
        {
            return false;
        }

        cors.ApplyResult(cors.EvaluatePolicy(context, _policy), context.Response);
        return true;
    }

    /// <summary>Maps what a browser asks before it sends a request of such a page: it comes without anything that says who calls.</summary>
    public void MapPreflight(IEndpointRouteBuilder endpoints)
    {
        if (_policy is null)
        {
            return;
        }

        foreach (var pattern in (string[])["", "{**path}"])
        {
            endpoints.MapMethods(pattern, [HttpMethods.Options], context =>
            {
                context.Response.StatusCode = Admit(context) ? StatusCodes.Status204NoContent : StatusCodes.Status403Forbidden;
                return Task.CompletedTask;
            }).AllowAnonymous();
        }
    }
}
