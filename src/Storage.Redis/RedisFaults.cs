using System.Collections.Frozen;
using System.Net.Sockets;
using System.Security.Authentication;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>Tells failures that say that Redis is away, for now, from those that say that something is wrong for good.</summary>
internal static class RedisFaults
{
    // What a server that cannot do its work at the moment begins its answer with; inside a script it may come after the script's name. The client sends a script again that the server
    // does not know, so NOSCRIPT is left only where scripts are flushed again and again.
    private static readonly FrozenSet<string> AwayCodes = new[]
    {
        "BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MISCONF", "NOREPLICAS", "NOSCRIPT", "OOM", "READONLY", "TRYAGAIN",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether an exception of the Redis client says that Redis is away for now.</summary>
    /// <param name="exception">The exception.</param>
    /// <returns>True if the command may work when it is repeated.</returns>
    public static bool IsAway(Exception exception) => exception switch
    {
        RedisServerException server => IsAwayAnswer(server.Message),

        // The client cancels what is pending when it is disposed; its own caller did not ask for that.
        RedisConnectionException or TimeoutException or ObjectDisposedException or OperationCanceledException => true,
        SocketException or IOException => true,

        // The client may say it in the words of the layer that noticed first: InvalidOperationException, "Output has been completed with fault: ... Connection reset by peer".
        { InnerException: { } inner } => IsAway(inner),
        _ => false,
    };

    /// <summary>Why there is no connection, in the words of the layer that knows best. The client's own are about its options.</summary>
    /// <param name="exception">What the client threw when it should have connected.</param>
    /// <returns>The reason, as part of a sentence.</returns>
    public static string WhyNoConnection(Exception exception)
    {
        var cause = exception.GetBaseException();
        return cause switch
        {
            RedisConnectionException => "no connection could be made; it was refused or not answered, or TLS, the user or the password is not as the server wants it",
            AuthenticationException => $"TLS failed: {cause.Message}",
            _ => Short(cause.Message),
        };
    }

    /// <summary>
    /// An exception of the client as one of .NET's own: it may have to go from one silo to another, and Orleans takes exceptions of other libraries neither by themselves nor inside of ours.
    /// </summary>
    /// <param name="exception">The exception.</param>
    /// <returns>An exception with the same message.</returns>
    public static Exception Portable(Exception exception) => exception.GetType().Namespace is { } name && name.StartsWith(nameof(System), StringComparison.Ordinal)
        && (exception.InnerException is null || Portable(exception.InnerException) == exception.InnerException)
        ? exception
        : new IOException(exception.Message, exception.InnerException is { } inner ? Portable(inner) : null);

    /// <summary>An error without what only a debugger wants: its first line, and of a script's error what went wrong, not where in the script.</summary>
    /// <param name="message">The error.</param>
    /// <returns>The error as part of a sentence.</returns>
    public static string Short(string message)
    {
        var end = message.AsSpan().IndexOfAny('\r', '\n');
        message = (end < 0 ? message : message[..end]).Replace("SimpleError: ", "", StringComparison.Ordinal);
        var script = message.IndexOf(" script: ", StringComparison.Ordinal);
        message = script > 0 ? message[..script] : message;
        return message.TrimEnd('.', ' ');
    }

    /// <summary>Whether an error that the server answered says that it cannot do its work for now.</summary>
    /// <param name="message">The answer.</param>
    /// <returns>True if the command may work when it is repeated.</returns>
    public static bool IsAwayAnswer(string message)
    {
        var code = message.AsSpan();
        var inScript = message.IndexOf(": -", StringComparison.Ordinal);
        if (inScript >= 0 && message.Contains("script", StringComparison.Ordinal))
        {
            code = code[(inScript + 3)..];
        }

        var end = code.IndexOf(' ');
        return AwayCodes.Contains((end < 0 ? code : code[..end]).ToString());
    }
}
