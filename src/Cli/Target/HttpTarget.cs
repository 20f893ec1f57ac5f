namespace AgentStream.Cli.Target;

/// <summary>A server's sessions, over HTTP.</summary>
internal sealed class HttpTarget : ITarget
{
    private readonly AgentStreamHttpClient _client;

    public HttpTarget(Uri address, IReadOnlyList<KeyValuePair<string, string>> headers) =>
        _client = new AgentStreamHttpClient(new AgentStreamHttpClientOptions { Address = address, ConfigureHttp = http => Add(http, headers) });

    public IAgentStreamClient Client => _client;

    public IClusterClient? Cluster => null;

    // The server finds out by itself; this is what the client takes itself for by default.
    public UserKey User => new AgentStreamHttpClientOptions().User;

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void Add(HttpClient http, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        foreach (var (name, value) in headers)
        {
            try
            {
                http.DefaultRequestHeaders.Add(name, value);
            }
            catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
            {
                // Its value may be a secret: not repeated.
                throw new InvalidInputException("--header", $"'{name}' cannot be sent with such a value");
            }
        }
    }
}
