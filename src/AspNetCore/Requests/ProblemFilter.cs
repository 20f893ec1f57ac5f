using System.Globalization;
using AgentStream.Logs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Requests;

/// <summary>
/// The one place where exceptions become answers. A filter rather than middleware, so that it holds in every program that maps
/// the routes, before that program's own handlers, and touches no other route.
/// </summary>
internal sealed class ProblemFilter(ILogger<ProblemFilter> logger, IOptions<AgentStreamOptions> options, IHostEnvironment host, HttpMetrics metrics) : IEndpointFilter
{
    private readonly ILogger _logger = logger.Safe();
    private readonly bool _withDetails = DetailedErrors.AreShown(options.Value, host);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        try
        {
            return await next(context);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone: nobody is there to read an answer.
            return Results.Empty;
        }
#pragma warning disable CA1031 // Nothing of an unexpected exception may reach the caller, a developer's error page included.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var problem = Problems.For(e, _withDetails);
            metrics.Refused(problem.StatusCode, e);
            switch (problem.StatusCode)
            {
                case StatusCodes.Status500InternalServerError:
                    _logger.RequestFailed(e, http.Request.Method, http.Request.Path, NameIn(problem));
                    break;
                case StatusCodes.Status503ServiceUnavailable:
                    _logger.RequestNotServed(e, http.Request.Method, http.Request.Path, NameIn(problem));
                    http.Response.Headers.RetryAfter = Problems.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
                    break;
                case StatusCodes.Status429TooManyRequests when e is LimitExceededException { RetryAfter: { } wait }:
                    http.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
                    break;
            }

            return problem;
        }
    }

    /// <summary>Names the failure in the answer, as the log does.</summary>
    private static string NameIn(ProblemHttpResult problem)
    {
        var reference = Reference.New();
        problem.ProblemDetails.Extensions[Protocol.Fields.Reference] = reference;
        return reference;
    }
}
