using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
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

    private static readonly TimeSpan LeastProbePatience = TimeSpan.FromSeconds(5);

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
    private IReadOnlyList<string> _warnings = [];
    private volatile bool _isDoubtful;
    private volatile bool _isSubscribed;
    private volatile bool _tellsUnasked;

    private McpConnection(string title, McpConnectionOptions options, McpInitialize initialize, McpHttp http, ILoggerFactory loggers, TimeProvider time)
    {
        (_title, _options, _logger, _time) = (title, options, loggers.CreateLogger<McpConnection>(), time);
        _transport = McpTransports.Make(title, options, initialize, http, loggers, time);
    }

    /// <summary>Whether the process or session has not been seen to end.</summary>
    public bool IsOpen => !_client.Completion.IsCompleted;

    /// <summary>The tools, if they are known to be the server's at this moment: it would have told otherwise.</summary>
    public IReadOnlyList<AITool>? CurrentTools =>
        _listed is { } listed && listed.Changes == Volatile.Read(ref _changes) && IsOpen && !_isDoubtful && (_tellsUnasked || IsTold) ? listed.Tools : null;

    private bool IsTold => _isSubscribed && !_subscription.IsCompleted;

    /// <summary>Starts the server if it is a program, and says hello: to one that does not understand the newest hello, a second time in the old way.</summary>
    public static async Task<McpConnection> OpenAsync(
        string title, McpConnectionOptions options, McpHttp http, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        if (options.Initialize is McpInitialize.Auto)
        {
            try
            {
                return await new McpConnection(title, options, McpInitialize.Auto, http, loggers, time).OpenAsync(loggers, cancellationToken);
            }
            catch (Exception e) when (McpFailures.MayBeOld(e) && !cancellationToken.IsCancellationRequested)
            {
                loggers.CreateLogger<McpConnection>().HandshakeRepeated(e, title);
            }
        }

        return await new McpConnection(title, options, McpInitialize.Legacy, http, loggers, time).OpenAsync(loggers, cancellationToken);
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
            var tools = await AskAsync(cancellationToken);
            _isDoubtful = false;
            _listed = new Listed(changes, tools);
            if (i == MaxLists || changes == Volatile.Read(ref _changes))
            {
                return tools;
            }
        }
    }

    /// <summary>Calls a tool.</summary>
    /// <returns>What the tool gave, as the model sees it.</returns>
    /// <exception cref="McpServerException">There is no result.</exception>
    /// <exception cref="McpToolException">The tool says that it failed.</exception>
    public async Task<object> CallAsync(CallToolRequestParams call, CancellationToken cancellationToken)
    {
        try
        {
            return McpResults.ToResult(await _requests.SendAsync(RequestMethods.ToolsCall, Parameters(call).WithTrace(), cancellationToken, call.Name));
        }
        catch (Exception e) when (e is not McpToolException)
        {
            // Before another run uses the connection, the server is asked for its tools, to see whether it answers: also after a cancel, since a call
            // may have been canceled because the server hangs.
            _isDoubtful = true;
            cancellationToken.ThrowIfCancellationRequested();
            throw McpFailures.Of(_title, McpFailures.OfCall(e, _options), e, _options);
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
            _logger.NotClosed(e, _title);
        }

        await DisposeTransportAsync();
    }

    private async Task<McpConnection> OpenAsync(ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        try
        {
            _client = await McpClient.CreateAsync(_transport, ClientOptions(), loggers, cancellationToken);
        }
        catch
        {
            await DisposeTransportAsync();
            throw;
        }

        _requests = new McpRequests(_client, _time);
        AskForChanges();
        return this;
    }

    /// <summary>Old servers do not answer a question of the newest revision. After this time they are asked the old way; there is time left for that.</summary>
    private static TimeSpan ProbePatience(TimeSpan connectTimeout) =>
        TimeSpan.FromTicks(Math.Min(connectTimeout.Ticks / 2, Math.Max(connectTimeout.Ticks / 6, LeastProbePatience.Ticks)));

    private McpClientOptions ClientOptions() => new()
    {
        ClientInfo = new Implementation { Name = nameof(AgentStream), Version = typeof(McpConnection).Assembly.GetName().Version?.ToString() ?? "0" },
        InitializationTimeout = _options.ConnectTimeout,
        DiscoverProbeTimeout = ProbePatience(_options.ConnectTimeout),
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
            await _requests.SendAsync(
                RequestMethods.SubscriptionsListen,
                Parameters(new SubscriptionsListenRequestParams { Notifications = new SubscriptionsListenNotifications { ToolsListChanged = true } }),
                CancellationToken.None);
        }
        catch (Exception e)
        {
            // Whatever ended it: from now on the tools are asked for at the start of each run.
            _logger.ChangesNotTold(e, _title);
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

    private async Task<List<AITool>> AskAsync(CancellationToken cancellationToken)
    {
        var list = new McpToolList(_requests, _options.Tools);
        var definitions = await list.ReadAsync(cancellationToken);
        var warnings = list.Warnings.ToList();
        var tools = definitions.Where(definition => IsKnown(definition, warnings)).Select(ToTool).ToList();

        // Each run may ask; the log says it once.
        foreach (var warning in warnings.Except(_warnings))
        {
            _logger.ToolLeftOut(_title, warning);
        }

        _warnings = warnings;
        return tools;
    }

    private AITool ToTool(McpToolDefinition definition)
    {
        var tool = new McpTool(definition, _options.Prefix, this);
        return _options.Approval == McpApproval.Always || (_options.Approval == McpApproval.Destructive && definition.IsDestructive) ? new ApprovalRequiredAIFunction(tool) : tool;
    }

    /// <summary>Tells the client of a tool, since over HTTP it repeats such arguments in headers as the tool's schema says.</summary>
    private bool IsKnown(McpToolDefinition definition, List<string> warnings)
    {
        try
        {
            _client.AddKnownTools([new Tool { Name = definition.Name, InputSchema = definition.InputSchema }]);
            return true;
        }
        catch (ArgumentException e)
        {
            warnings.Add($"has a tool '{definition.Name}' that is left out: {e.Message}");
            return false;
        }
    }

    private static JsonObject Parameters<T>(T parameters) => JsonSerializer.SerializeToNode(parameters, McpJsonUtilities.DefaultOptions)!.AsObject();

    // That of HTTP has a client to dispose of; that of a program has nothing.
    private ValueTask DisposeTransportAsync() => _transport is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;

    private sealed record Listed(long Changes, IReadOnlyList<AITool> Tools);
}
