namespace AgentStream.Worker;

/// <summary>A client, and what it needs until the work is done.</summary>
internal sealed partial class Connection(IAgentStreamClient client, Func<ValueTask> close) : IAsyncDisposable
{
    public IAgentStreamClient Client => client;

    public ValueTask DisposeAsync() => close();

    /// <summary>A client of the server at <c>AGENTSTREAM_URL</c>, over HTTP.</summary>
    private static Connection OverHttp()
    {
        var http = new AgentStreamHttpClient(new Uri(Environment.GetEnvironmentVariable("AGENTSTREAM_URL") ?? "http://127.0.0.1:5080/chat"));
        return new Connection(http, () =>
        {
            http.Dispose();
            return ValueTask.CompletedTask;
        });
    }
}
