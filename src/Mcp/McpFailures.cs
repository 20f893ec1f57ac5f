using System.ComponentModel;
using System.Globalization;
using System.Net.Sockets;
using ModelContextProtocol.Client;

namespace AgentStream.Mcp;

/// <summary>
/// Says in a few words why a server could not be used. What it wrote to its standard error stays in the log: it may hold what users must not see.
/// </summary>
internal static class McpFailures
{
    /// <summary>The reason.</summary>
    public static string Reason(Exception failure, McpConnectionOptions options) => failure switch
    {
        ClientTransportClosedException { Details: StdioClientCompletionDetails { ExitCode: { } code } } =>
            string.Create(CultureInfo.InvariantCulture, $"its process ended with exit code {code}"),
        ClientTransportClosedException { Details.Exception: { } cause } => Reason(cause, options),
        { InnerException: SocketException cause } => cause.Message,
        { InnerException: Win32Exception cause } => CannotStart(cause, options),
        HttpRequestException { StatusCode: { } status } => string.Create(CultureInfo.InvariantCulture, $"it answered with HTTP status {(int)status} ({status})"),
        TimeoutException or OperationCanceledException =>
            string.Create(CultureInfo.InvariantCulture, $"it did not answer within {options.ConnectTimeout.TotalSeconds:0.###} s"),
        ObjectDisposedException => "the connection is closed",
        _ => FirstLine(failure.Message),
    };

    // A missing program and a missing directory have the same error code.
    private static string CannotStart(Win32Exception start, McpConnectionOptions options) =>
        options.WorkingDirectory is { } directory && !Directory.Exists(directory)
            ? "its working directory does not exist"
            : $"'{options.Command}' cannot be started: {new Win32Exception(start.NativeErrorCode).Message}";

    private static string FirstLine(string message) => message.Split('\r', '\n')[0];
}
