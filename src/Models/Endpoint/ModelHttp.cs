namespace AgentStream.Models.Endpoint;

/// <summary>The HTTP by which endpoints are reached.</summary>
internal static class ModelHttp
{
    /// <summary>The name of the host's client.</summary>
    public const string Name = "AgentStream.Models";

    /// <summary>For chat clients that are given none: one pool for the process.</summary>
    public static HttpClient Shared { get; } = new(NewHandler()) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>
    /// What sends requests when nothing else is said. Connections are renewed now and then, or a long-lived process would never hear that
    /// a name has moved; no redirect takes the key elsewhere.
    /// </summary>
    public static SocketsHttpHandler NewHandler() => new()
    {
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        UseCookies = false,
    };
}
