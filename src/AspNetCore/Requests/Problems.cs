using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AgentStream.AspNetCore.Requests;

/// <summary>What each exception is over HTTP: RFC 9457 problem details, with the broken rules by field where there are fields.</summary>
internal static class Problems
{
    /// <summary>When to come back after a 503, in seconds: a lease and a recovery later most of what was away is there again, but asking early costs little.</summary>
    internal const int RetryAfterSeconds = 2;

    /// <summary>The answer to a request that ended with an exception. It tells nothing of exceptions that nobody expected.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="withDetails">Whether the caller is told which agents there are.</param>
    /// <returns>The answer.</returns>
    public static ProblemHttpResult For(Exception exception, bool withDetails) => exception switch
    {
        RefusedException e => Problem(e.Status, e.Message, e.Errors),
        InvalidInputException e => For(RefusedException.Invalid(Single(e.Field, e.Rule)), withDetails),
        UnknownAgentException e => Problem(StatusCodes.Status404NotFound, withDetails ? e.Message : e.PublicMessage!, Single("agent", "must be the name of a registered agent")),
        PolicyNotMetException e => Problem(StatusCodes.Status403Forbidden, e.Message),
        UnknownRequestException e => Problem(StatusCodes.Status404NotFound, e.Message, Single(Protocol.Fields.RequestId, "must be a request that the session waits for")),
        RequestAnsweredException e => Problem(StatusCodes.Status409Conflict, e.Message, Single(Protocol.Fields.RequestId, "has another answer")),
        IdempotencyConflictException e => Problem(StatusCodes.Status422UnprocessableEntity, e.Message, Single(RunRules.IdempotencyKeyHeader, "was given to another prompt")),
        LimitExceededException e => Problem(
            e.RetryAfter is null ? StatusCodes.Status403Forbidden : StatusCodes.Status429TooManyRequests,
            e.Message,
            [new(Protocol.Fields.Limit, e.Limit), new(Protocol.Fields.Target, WordOf(e.Target)), new(Protocol.Fields.Allowed, e.Allowed)]),
        SessionBusyException => Problem(
            StatusCodes.Status409Conflict, "The session has a run under way. Follow that run, cancel it, or start again after its end."),
        StorageUnavailableException => Unavailable("The stream store is out of reach"),
        TimeoutException or OrleansException or OwnershipLostException or OperationCanceledException => Unavailable("The session could not be reached"),
        BadHttpRequestException e => Problem(e.StatusCode, "The request is not valid HTTP, or its body did not arrive whole."),
        _ => Problem(StatusCodes.Status500InternalServerError, "The server failed to handle the request."),
    };

    /// <summary>An answer that says what went wrong.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="detail">What went wrong, as a sentence for the caller.</param>
    /// <param name="errors">The rules that are broken, by field.</param>
    /// <returns>The answer.</returns>
    public static ProblemHttpResult Problem(int status, string detail, IReadOnlyDictionary<string, string[]>? errors = null) =>
        Problem(status, detail, errors is null ? [] : [new("errors", errors)]);

    /// <summary>What a limit is a limit of, as the wire has it.</summary>
    public static string WordOf(LimitTarget target) => target switch
    {
        LimitTarget.User => "user",
        LimitTarget.Scope => "scope",
        LimitTarget.Session => "session",
        _ => throw new ArgumentOutOfRangeException(nameof(target)),
    };

    private static ProblemHttpResult Problem(int status, string detail, KeyValuePair<string, object?>[] more) => TypedResults.Problem(detail, statusCode: status, extensions: more);

    private static ProblemHttpResult Unavailable(string what) =>
        Problem(StatusCodes.Status503ServiceUnavailable, $"{what}; it is not known whether the request took effect. Look again in a moment.");

    private static Dictionary<string, string[]> Single(string field, string rule) => new() { [field] = [rule] };
}
