using System.Net;
using Microsoft.AspNetCore.Http;

namespace AgentStream;

/// <summary>Tells requests of this machine from those of others.</summary>
internal static class LocalRequests
{
    /// <summary>Whether a request was made on this machine: not by a proxy, which brings requests from anywhere, and not by a page under a name of its own.</summary>
    public static bool IsOfThisMachine(HttpContext context) =>
        // A proxy on this machine brings requests from anywhere.
        !context.Request.Headers.Keys.Any(IsOfProxy)
        && (context.Connection.LocalIpAddress is not { } local || IPAddress.IsLoopback(local))
        // A page in this machine's browser can reach it under a name of its own that resolves to 127.0.0.1 (DNS rebinding).
        && (!context.Request.Host.HasValue || IsLoopback(context.Request.Host.Host));

    /// <summary>Whether a host is this machine, and nothing else.</summary>
    public static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(host.AsSpan().TrimStart('[').TrimEnd(']'), out var ip) && IPAddress.IsLoopback(ip);

    private static bool IsOfProxy(string header) =>
        header.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
        // What the forwarded headers' middleware leaves of them.
        || header.StartsWith("X-Original-", StringComparison.OrdinalIgnoreCase)
        || header.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
        || header.Equals("Via", StringComparison.OrdinalIgnoreCase)
        || header.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase);
}
