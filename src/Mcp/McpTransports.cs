using Microsoft.Extensions.Logging;
using ModelContextProtocol.Client;

namespace AgentStream.Mcp;

/// <summary>The way to a server.</summary>
internal static class McpTransports
{
    // A program that was told to end and does not is killed after this time.
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    public static IClientTransport Make(string title, McpConnectionOptions options, McpInitialize initialize, McpHttp http, ILoggerFactory loggers)
    {
        IClientTransport transport = options.Url is { } url ? Http(title, url, options, http, loggers) : Stdio(title, options.Command!, options, loggers);
        return initialize is McpInitialize.Legacy ? new McpInitializeFirst(transport) : transport;
    }

    private static StdioClientTransport Stdio(string title, string command, McpConnectionOptions options, ILoggerFactory loggers)
    {
        var environment = StdioClientTransportOptions.GetDefaultEnvironmentVariables();
        foreach (var (name, value) in options.Environment)
        {
            environment[name] = value;
        }

        return new StdioClientTransport(
            new StdioClientTransportOptions
            {
                Name = title,
                Command = command,
                Arguments = [.. options.Arguments],
                EnvironmentVariables = environment,
                InheritEnvironmentVariables = options.InheritEnvironment,
                WorkingDirectory = options.WorkingDirectory,
                ShutdownTimeout = EndPatience,
            },
            loggers);
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
        http.NewClient(),
        loggers,
        ownsHttpClient: true);
}
