using System.Net;

namespace AgentStream;

/// <summary>The server could not be reached, or did not answer in time. Whether a request took effect is not known.</summary>
/// <param name="message">What was tried, where, and what went wrong.</param>
/// <param name="inner">What the connection threw.</param>
public sealed class ServerUnreachableException(string message, Exception? inner = null) : AgentStreamException(message, inner);

/// <summary>The server refuses the request, for a reason that no other exception stands for: who makes it, its size, or a failure of its own.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="detail">What the server says.</param>
public sealed class ServerRefusedException(HttpStatusCode status, string detail) : AgentStreamException($"The server answered {(int)status}: {detail}")
{
    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status { get; } = status;
}
