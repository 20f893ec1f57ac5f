using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using AgentStream.Logs;
using ModelContextProtocol;
using ModelContextProtocol.Client;

namespace AgentStream.Mcp;

/// <summary>
/// Says in a few words why a server could not be used. What it wrote to its standard error stays in the log: it may hold what users must not see. So may its own words, and those of the system:
/// those are apart.
/// </summary>
internal static class McpFailures
{
    // What the package puts before a server's own words.
    private const string Remote = "Request failed (remote): ";

    /// <summary>The settings of a server that nobody else may read: what it was sent, and what it may send back.</summary>
    public static IReadOnlyList<string> SecretsOf(McpConnectionOptions options) => Secrets.In(options.Headers.Values.Concat(options.Environment.Values));

    /// <summary>A server could not do what was asked of it.</summary>
    /// <param name="title">The server.</param>
    /// <param name="words">What happened.</param>
    /// <param name="failure">What caused it.</param>
    /// <param name="options">The server's settings, whose secrets it may repeat.</param>
    public static McpServerException Of(string title, McpWords words, Exception failure, McpConnectionOptions options) =>
        new(title, words with { All = Secrets.Redacted(words.All, SecretsOf(options)) }, SafeException.Of(failure, SecretsOf(options)));

    /// <summary>Why a server cannot be used.</summary>
    public static McpWords Reason(Exception failure, McpConnectionOptions options) => failure switch
    {
        McpMessageException => failure.Message,
        ClientTransportClosedException { Details.Exception: McpMessageException cause } => cause.Message,
        ClientTransportClosedException { Details: StdioClientCompletionDetails { ExitCode: { } code } } =>
            string.Create(CultureInfo.InvariantCulture, $"its process ended with exit code {code}"),
        ClientTransportClosedException { Details: HttpClientCompletionDetails { HttpStatusCode: HttpStatusCode.NotFound } } => "it has ended the session",
        ClientTransportClosedException { Details.Exception: { } cause } => Reason(cause, options),
        { InnerException: SocketException cause } => new(cause.Message, "it cannot be reached"),
        { InnerException: Win32Exception cause } => CannotStart(cause, options),
        McpRedirectException => new(FirstLine(failure.Message), "it redirects to where it is not followed"),
        HttpRequestException { StatusCode: { } status } => $"it answered with {Words(status)}",
        McpProtocolException error => new($"it answered with an error: {Words(error)}", "it answered with an error"),
        McpException when IsNoReply(failure) => "it ended its answer without a result",
        JsonException => new($"its answer cannot be read: {FirstLine(failure.Message)}", "its answer cannot be read"),
        TimeoutException => string.Create(CultureInfo.InvariantCulture, $"it did not answer within {options.ConnectTimeout.TotalSeconds:0.###} s"),
        OperationCanceledException or ObjectDisposedException => "the connection is closed",
        _ => new(FirstLine(failure.Message), "something went wrong"),
    };

    /// <summary>What became of a call that has no result, as the rest of a sentence.</summary>
    public static McpWords OfCall(Exception failure, McpConnectionOptions options) => failure switch
    {
        HttpRequestException { StatusCode: { } status } => $"answered the call with {Words(status)}",
        McpProtocolException error => new($"answered the call with an error: {Words(error)}", "answered the call with an error"),
        McpException when IsNoReply(failure) => "ended its answer to the call without a result",
        JsonException => new($"answered the call with what is no result: {FirstLine(failure.Message)}", "answered the call with what is no result"),
        _ => Reason(failure, options).After("did not answer the call: "),
    };

    /// <summary>
    /// Whether a server that failed at <c>server/discover</c> may know <c>initialize</c>: not if there is none, if it turns us away or is ill, or if there is no
    /// time left.
    /// </summary>
    public static bool MayBeOld(Exception failure) => failure switch
    {
        { InnerException: Win32Exception and not SocketException } or TimeoutException or OperationCanceledException or McpRedirectException or McpMessageException => false,
        ClientTransportClosedException { Details.Exception: McpMessageException } => false,
        HttpRequestException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or >= HttpStatusCode.InternalServerError } => false,
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => false,
        MissingRequiredClientCapabilityException => false,
        _ => true,
    };

    private static string Words(HttpStatusCode status) => string.Create(CultureInfo.InvariantCulture, $"HTTP status {(int)status} ({status})");

    private static string Words(McpProtocolException error)
    {
        var words = error.Message.StartsWith(Remote, StringComparison.Ordinal) ? error.Message[Remote.Length..] : error.Message;
        return words.Length > 0 ? words : string.Create(CultureInfo.InvariantCulture, $"{(int)error.ErrorCode}, without words");
    }

    // The package has no type for it.
    private static bool IsNoReply(Exception failure) => failure.Message.Contains("completed without a reply", StringComparison.Ordinal);

    // A missing program and a missing directory have the same error code.
    private static McpWords CannotStart(Win32Exception start, McpConnectionOptions options) =>
        options.WorkingDirectory is { } directory && !Directory.Exists(directory)
            ? "its working directory does not exist"
            : new McpWords($"'{options.Command}' cannot be started{AsUser(options)}: {Words(start)}", $"it cannot be started{AsUser(options)}");

    // .NET has no number for it.
    private static string Words(Win32Exception start) =>
        start.Message.StartsWith("User with name", StringComparison.Ordinal) ? "there is no such user" : new Win32Exception(start.NativeErrorCode).Message;

    private static string AsUser(McpConnectionOptions options) => options.User is { } user ? $" as the user '{user}'" : "";

    private static string FirstLine(string message) => message.Split('\r', '\n')[0];
}
