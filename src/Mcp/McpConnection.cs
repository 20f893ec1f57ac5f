using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace AgentStream.Mcp;

/// <summary>A connection to a server, from hello to the end of the process or the session, and the tools that the server has.</summary>
internal sealed class McpConnection : IAsyncDisposable
{
    // From this revision on, a server tells of changes only those who have asked it to.
    private const string FirstVersionWithSubscriptions = "2026-07-28";

    // How often the tools are asked for when they change while they are told.
    private const int MaxLists = 3;

    // Old servers do not answer a question of the newest revision; this is how long they are waited for before they are asked the old way.
    private static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(5);

    // A goodbye over HTTP has no time limit; a program is killed after less.
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(10);

    private readonly string _title;
    private readonly McpConnectionOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly IClientTransport _transport;
    private McpClient _client = null!;
    private McpRequests _requests = null!;
    private Task _subscription = Task.CompletedTask;
    private long _changes;
    private volatile Listed? _listed;
    private volatile bool _isDoubtful;
    private volatile bool _isSubscribed;
    private volatile bool _tellsUnasked;

    private McpConnection(string title, McpConnectionOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        (_title, _options, _logger, _time) = (title, options, loggers.CreateLogger<McpConnection>(), time);
        _transport = McpTransports.Make(title, options, loggers);
    }

    /// <summary>Whether the process or session has not been seen to end.</summary>
    public bool IsOpen => !_client.Completion.IsCompleted;

    /// <summary>The tools, if they are known to be the server's at this moment: it would have told otherwise.</summary>
    public IReadOnlyList<AITool>? CurrentTools =>
        _listed is { } listed && listed.Changes == Volatile.Read(ref _changes) && IsOpen && !_isDoubtful && (_tellsUnasked || IsTold) ? listed.Tools : null;

    private bool IsTold => _isSubscribed && !_subscription.IsCompleted;

    /// <summary>Starts the server if it is a program, and says hello.</summary>
    public static async Task<McpConnection> OpenAsync(
        string title, McpConnectionOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var connection = new McpConnection(title, options, loggers, time);
        try
        {
            connection._client = await McpClient.CreateAsync(connection._transport, connection.ClientOptions(), loggers, cancellationToken);
            connection._requests = new McpRequests(connection._client, time);
        }
        catch
        {
            await connection.DisposeTransportAsync();
            throw;
        }

        connection.AskForChanges();
        return connection;
    }

    /// <summary>Asks the server for its tools, and takes those that the agent wants.</summary>
    public async Task<IReadOnlyList<AITool>> ListAsync(CancellationToken cancellationToken)
    {
        if (_client.ServerCapabilities.Tools is null)
        {
            return [];
        }

        for (var i = 1; ; i++)
        {
            var changes = Volatile.Read(ref _changes);
            var tools = Take(await _client.ListToolsAsync(cancellationToken: cancellationToken));
            _isDoubtful = false;
            _listed = new Listed(changes, tools);
            if (i == MaxLists || changes == Volatile.Read(ref _changes))
            {
                return tools;
            }
        }
    }

    /// <summary>Calls a tool.</summary>
    /// <exception cref="McpServerException">There is no result.</exception>
    public async Task<CallToolResult> CallAsync(CallToolRequestParams call, CancellationToken cancellationToken)
    {
        try
        {
            return await _requests.SendAsync<CallToolRequestParams, CallToolResult>(RequestMethods.ToolsCall, call, cancellationToken);
        }
        catch (Exception e)
        {
            // Before another run uses the connection, the server is asked for its tools, to see whether it answers: also after a cancel, since a call
            // may have been canceled because the server hangs.
            _isDoubtful = true;
            cancellationToken.ThrowIfCancellationRequested();
            throw new McpServerException(_title, $"did not answer the call: {McpFailures.Reason(e, _options)}", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // First: a server does not end in order while it has a request to answer.
        await _requests.CloseAsync();
        await _subscription;
        try
        {
            await _client.DisposeAsync().AsTask().WaitAsync(ClosePatience, _time);
        }
        catch (Exception e)
        {
            _logger.LogWarning(e, "{Server} could not be disconnected in order.", _title);
        }

        await DisposeTransportAsync();
    }

    private McpClientOptions ClientOptions() => new()
    {
        ClientInfo = new Implementation { Name = nameof(AgentStream), Version = typeof(McpConnection).Assembly.GetName().Version?.ToString() ?? "0" },
        InitializationTimeout = _options.ConnectTimeout,
        DiscoverProbeTimeout = _options.ConnectTimeout / 2 < ProbePatience ? _options.ConnectTimeout / 2 : ProbePatience,
        Handlers = new McpClientHandlers
        {
            NotificationHandlers =
            [
                new(NotificationMethods.ToolListChangedNotification, (_, _) => Changed()),
                new(NotificationMethods.SubscriptionsAcknowledgedNotification, (notice, _) => Subscribed(notice)),
            ],
        },
    };

    /// <summary>
    /// Arranges to hear of changes. Old servers tell everybody; over HTTP they do so on a stream that they need not have, so there
    /// nothing is relied on, and the tools are asked for at the start of each run.
    /// </summary>
    private void AskForChanges()
    {
        if (_client.ServerCapabilities.Tools?.ListChanged is not true)
        {
            return;
        }

        if (StringComparer.Ordinal.Compare(_client.NegotiatedProtocolVersion, FirstVersionWithSubscriptions) >= 0)
        {
            _subscription = SubscribeAsync();
        }
        else
        {
            _tellsUnasked = _options.Url is null;
        }
    }

    private async Task SubscribeAsync()
    {
        try
        {
            await _requests.SendAsync<SubscriptionsListenRequestParams, EmptyResult>(
                RequestMethods.SubscriptionsListen,
                new SubscriptionsListenRequestParams { Notifications = new SubscriptionsListenNotifications { ToolsListChanged = true } },
                CancellationToken.None);
        }
        catch (Exception e)
        {
            // Whatever ended it: from now on the tools are asked for at the start of each run.
            _logger.LogDebug(e, "{Server} does not tell when its tools change.", _title);
        }
    }

    private ValueTask Subscribed(JsonRpcNotification notice)
    {
        if (notice.Params?["notifications"]?["toolsListChanged"] is JsonValue granted && granted.TryGetValue(out bool isGranted) && isGranted)
        {
            // What was listed before may have changed before.
            Interlocked.Increment(ref _changes);
            _isSubscribed = true;
        }

        return ValueTask.CompletedTask;
    }

    private ValueTask Changed()
    {
        Interlocked.Increment(ref _changes);
        return ValueTask.CompletedTask;
    }

    private List<AITool> Take(IEnumerable<McpClientTool> tools)
    {
        var missing = _options.Tools.ToHashSet(StringComparer.Ordinal);
        var taken = tools.Where(tool => missing.Remove(tool.Name) || _options.Tools.Count == 0).Select(Wrap).ToList();
        if (missing.Count > 0)
        {
            _logger.LogWarning("{Server} has no tool {Tools}, which its agent wants.", _title, string.Join(", ", missing));
        }

        return taken;
    }

    private AITool Wrap(McpClientTool tool) => new McpTool(tool.WithName(_options.Prefix + tool.Name), this);

    // That of HTTP has a client to dispose of; that of a program has nothing.
    private ValueTask DisposeTransportAsync() => _transport is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;

    private sealed record Listed(long Changes, IReadOnlyList<AITool> Tools);
}
