namespace AgentStream.Mcp;

/// <summary>Makes the HTTP clients of connections.</summary>
/// <param name="handlers">The host's handlers; null for a program that has none for this.</param>
internal sealed class McpHttp(IHttpMessageHandlerFactory? handlers)
{
    /// <summary>The name of the host's handlers.</summary>
    public const string Name = "AgentStream.Mcp";

    // How long a connection is used before the host's name is looked up again.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    /// <summary>For a program without handlers of its own.</summary>
    public static McpHttp Default { get; } = new(null);

    /// <summary>What sends requests when nothing else is said. Redirects and cookies are each connection's own matter.</summary>
    public static SocketsHttpHandler NewHandler() =>
        new() { AllowAutoRedirect = false, PooledConnectionLifetime = ConnectionLifetime, UseCookies = false };

    /// <summary>Makes a client for one connection. It has no time limit of its own: connecting has one, and so has each tool call.</summary>
    /// <param name="maxMessageBytes">The most bytes of a message that the server may send.</param>
    public HttpClient NewClient(int maxMessageBytes) => new(new McpHttpHandler(new McpCookieHandler(handlers?.CreateHandler(Name) ?? NewHandler()), maxMessageBytes))
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };
}
