using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace AgentStream.AspNetCore.Description;

/// <summary>Says of a route what its handler does not: handlers read requests by themselves, so that an error can name the field and the rule.</summary>
internal static class RouteDescription
{
    private const string EventStream = "text/event-stream";
    private const string Problem = "application/problem+json";

    // What any route can answer. One that takes a body can answer the others, too.
    private static readonly int[] Always = [400, 401, 403, 500, 503];
    private static readonly int[] OfBodies = [408, 413, 415];

    /// <summary>Says in a sentence what the route is for.</summary>
    public static RouteHandlerBuilder Is(this RouteHandlerBuilder route, string summary) => route.WithSummary(summary).WithTags("AgentStream");

    /// <summary>The route takes a body of JSON.</summary>
    // Not by Accepts(): then routing would refuse other types by itself, without a word.
    public static RouteHandlerBuilder TakesBody<T>(this RouteHandlerBuilder route, bool isOptional = false) => route.WithMetadata(new RouteBody(typeof(T), isOptional)).Refuses(OfBodies);

    /// <summary>The route takes a parameter in its address.</summary>
    public static RouteHandlerBuilder TakesQuery(this RouteHandlerBuilder route, string name, string what) => route.WithMetadata(new RouteParameter(name, IsHeader: false, what));

    /// <summary>The route takes a header.</summary>
    public static RouteHandlerBuilder TakesHeader(this RouteHandlerBuilder route, string name, string what) => route.WithMetadata(new RouteParameter(name, IsHeader: true, what));

    /// <summary>The response has a header.</summary>
    public static RouteHandlerBuilder AnswersHeader(this RouteHandlerBuilder route, string name, string what) => route.WithMetadata(new ResponseHeader(name, what));

    /// <summary>The route answers with JSON.</summary>
    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder route) => route.Produces<T>(StatusCodes.Status200OK, "application/json");

    /// <summary>The route answers with server-sent events, whose data is JSON.</summary>
    public static RouteHandlerBuilder AnswersEvents<T>(this RouteHandlerBuilder route) => route.Produces<T>(StatusCodes.Status200OK, EventStream);

    /// <summary>The route can answer with problem details, besides those that any route can answer with.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params IEnumerable<int> statuses)
    {
        foreach (var status in statuses.Concat(Always))
        {
            route.Produces<ProblemDetails>(status, Problem);
        }

        return route;
    }
}

/// <summary>A parameter that a handler reads by itself.</summary>
/// <param name="Name">The name.</param>
/// <param name="IsHeader">Whether it is a header; if not, it stands in the address.</param>
/// <param name="What">What it is for.</param>
internal sealed record RouteParameter(string Name, bool IsHeader, string What);

/// <summary>A body of JSON that a handler reads by itself.</summary>
/// <param name="Type">What it is like.</param>
/// <param name="IsOptional">Whether there may be none.</param>
internal sealed record RouteBody(Type Type, bool IsOptional);

/// <summary>A header of a response that is a success.</summary>
/// <param name="Name">The name.</param>
/// <param name="What">What it says.</param>
internal sealed record ResponseHeader(string Name, string What);
