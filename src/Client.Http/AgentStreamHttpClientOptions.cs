namespace AgentStream;

/// <summary>Where the server is, and how patient the client is with it.</summary>
public sealed class AgentStreamHttpClientOptions
{
    /// <summary>The silo's default address.</summary>
    public static Uri DefaultAddress { get; } = new("http://127.0.0.1:5080/chat");

    /// <summary>Where the routes stand: the server's address with the pattern that <c>MapAgentStream</c> was given. HTTP or HTTPS.</summary>
    public Uri Address { get; set; } = DefaultAddress;

    /// <summary>
    /// For whom the server takes this client. The server finds that out by itself; this is so that a key of somebody else is refused here, and not taken for the
    /// session of that name of this user. The default, user 1 of scope 1, is whom a silo takes everybody for unless told otherwise.
    /// </summary>
    public UserKey User { get; set; } = new(1, 1);

    /// <summary>How long listening continues without hearing of the server before it gives up: 0 or more; <see cref="Timeout.InfiniteTimeSpan"/> for never. One minute covers a restart.</summary>
    public TimeSpan ReconnectTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a connection may be silent before it counts as dead: more than 0. Servers send a comment each 15 s, so 45 s is three that did not come. It is also how long the server may
    /// take to begin an answer.
    /// </summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>Sets up the connection's client, once: headers such as <c>Authorization</c> for all requests. Null for nothing.</summary>
    public Action<HttpClient>? ConfigureHttp { get; set; }

    /// <summary>Makes the handler that sends the requests, for certificates, proxies or tokens that expire. Null for .NET's own.</summary>
    public Func<HttpMessageHandler>? CreateHandler { get; set; }

    /// <summary>Makes what sends the requests. It stays for the program's life: it must see when a name comes to mean another address.</summary>
    internal HttpMessageHandler NewHandler() => CreateHandler?.Invoke()
        ?? new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10), PooledConnectionLifetime = TimeSpan.FromMinutes(5) };

    /// <summary>Checks the settings.</summary>
    /// <exception cref="InvalidInputException">A setting breaks its rule; the exception names it.</exception>
    internal void Check()
    {
        if (Address is not { IsAbsoluteUri: true } || Address.Scheme is not ("http" or "https"))
        {
            throw new InvalidInputException(nameof(Address), $"must be an absolute URL of http or https{(Address?.OriginalString is { } text && !text.Contains('@', StringComparison.Ordinal) ? $", but is '{text}'" : "")}");
        }

        if (ReconnectTimeout < TimeSpan.Zero && ReconnectTimeout != Timeout.InfiniteTimeSpan)
        {
            throw new InvalidInputException(nameof(ReconnectTimeout), "must be 0 or more, or infinite");
        }

        if (IdleTimeout <= TimeSpan.Zero)
        {
            throw new InvalidInputException(nameof(IdleTimeout), "must be more than 0");
        }
    }
}
