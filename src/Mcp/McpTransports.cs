using Microsoft.Extensions.Logging;
using ModelContextProtocol.Client;

namespace AgentStream.Mcp;

/// <summary>The way to a server.</summary>
internal static class McpTransports
{
    public static IClientTransport Make(string title, McpConnectionOptions options, McpInitialize initialize, McpHttp http, ILoggerFactory loggers, TimeProvider time)
    {
        IClientTransport transport = options.Url is { } url ? Http(title, url, options, http, loggers) : new McpProgram(title, options, loggers, time);
        return initialize is McpInitialize.Legacy ? new McpInitializeFirst(transport) : transport;
    }

    private static HttpClientTransport Http(string title, Uri url, McpConnectionOptions options, McpHttp http, ILoggerFactory loggers) => new(
        new HttpClientTransportOptions
        {
            Name = title,
            Endpoint = url,
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = new Dictionary<string, string>(options.Headers),
            ConnectionTimeout = options.ConnectTimeout,
        },
        http.NewClient(options.MaxMessageBytes),
        loggers,
        ownsHttpClient: true);
}
