using AgentStream.Logs;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Grains.Output;

/// <summary>
/// The one place that decides what of an exception users and models hear. An exception's message may hold a server's address, a query or another user's data: it is said only with
/// <see cref="AgentStreamOptions.IncludeDetailedErrors"/>. What is written for users is always said (<see cref="AgentStreamException.PublicMessage"/>).
/// </summary>
internal sealed class ErrorWords(bool withDetails)
{
    /// <summary>What a run that failed says when nothing else may be said.</summary>
    public const string Generic = "something went wrong on the server; its log has the details";

    /// <summary>The words that the settings and the environment allow.</summary>
    public static ErrorWords For(AgentStreamOptions options, IHostEnvironment? host) => new(DetailedErrors.AreShown(options, host));

    /// <summary>What ended a run, as the rest of a sentence.</summary>
    public string Of(Exception exception) => Said(exception) ?? Generic;

    /// <summary>What the model hears of a tool that failed.</summary>
    public string OfTool(string tool, Exception exception) =>
        Said(exception) is { } said ? $"The tool {tool} failed: {said}" : $"The tool {tool} failed. The server's log has the details.";

    /// <summary>What the model hears of a tool whose result is no JSON.</summary>
    public string OfResult(string tool, Exception exception) =>
        $"The tool {tool} returned what cannot be told.{(Said(exception) is { } said ? $" {said}" : "")}";

    /// <summary>Whether an exception is told in words of its own, so that it is no fault of the server's.</summary>
    public static bool IsForUsers(Exception exception) => PublicMessage(exception) is not null;

    /// <summary>Why a run failed that this ended, in one word; null when the exception does not say.</summary>
    public static string? ReasonOf(Exception exception) => Cause(exception) switch
    {
        AgentStreamException { FailureReason: var reason } when FailureReasons.IsKnown(reason) => reason,
        SilenceException => FailureReasons.ModelUnavailable,
        _ => null,
    };

    private string? Said(Exception exception)
    {
        exception = Cause(exception);
        return withDetails ? Secrets.Redacted(exception.Message) : PublicMessage(exception);
    }

    private static Exception Cause(Exception exception)
    {
        while (exception is AggregateException { InnerExceptions: [var only] })
        {
            exception = only;
        }

        return exception;
    }

    private static string? PublicMessage(Exception exception) => exception switch
    {
        AgentStreamException known => known.PublicMessage,
        SilenceException silence => silence.Message,
        _ => null,
    };
}
