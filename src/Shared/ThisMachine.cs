using System.Net;

namespace AgentStream;

/// <summary>Which requests come from this machine.</summary>
internal static class ThisMachine
{
    /// <summary>Whether a request comes from a program on this machine, and from nobody behind that.</summary>
    public static bool Sent(Microsoft.AspNetCore.Http.HttpContext context) =>
        // A proxy on this machine brings requests from anywhere.
        !context.Request.Headers.Keys.Any(IsOfProxy)
        && (context.Connection.LocalIpAddress is not { } local || IPAddress.IsLoopback(local))
        // A page in this machine's browser can reach it under a name of its own that resolves to 127.0.0.1 (DNS rebinding).
        && (!context.Request.Host.HasValue || IsLoopback(context.Request.Host.Host));

    // A server takes any host that is neither an address nor localhost for "every address".
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
