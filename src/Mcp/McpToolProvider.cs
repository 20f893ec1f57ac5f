using AgentStream.Logs;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace AgentStream.Mcp;

/// <summary>The tools of a server, for all runs of an agent in a silo: connects when the first run asks, and again when the server has gone.</summary>
internal sealed class McpToolProvider(string title, McpConnectionOptions options, McpHttp http, ILoggerFactory loggers, TimeProvider time) : IToolProvider, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    // Also for the package, which logs what a program writes to its standard error.
    private readonly ILoggerFactory _loggers = loggers.Safe(McpFailures.SecretsOf(options));
    private Task<IReadOnlyList<AITool>> _refresh = Task.FromResult<IReadOnlyList<AITool>>([]);
    private volatile McpConnection? _connection;
    private bool _isClosed;

    /// <summary>Whether there is a connection that has not been seen to end.</summary>
    public bool IsConnected => _connection is { IsOpen: true };

    /// <inheritdoc/>
    /// <exception cref="McpServerException">The server cannot be reached.</exception>
    public async ValueTask<IReadOnlyList<AITool>> GetToolsAsync(CancellationToken cancellationToken)
    {
        Task<IReadOnlyList<AITool>> refresh;
        lock (_lock)
        {
            if (_isClosed)
            {
                throw new McpServerException(title, "cannot be used: the silo is shutting down");
            }

            if (_connection?.CurrentTools is { } tools)
            {
                return tools;
            }

            // One attempt for all who wait; it outlives the run that began it.
            if (_refresh.IsCompleted)
            {
                _refresh = Task.Run(RefreshAsync, CancellationToken.None);
            }

            refresh = _refresh;
        }

        return await refresh.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task refresh;
        lock (_lock)
        {
            _isClosed = true;
            refresh = _refresh;
        }

        await _closing.CancelAsync();
        await refresh.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await CloseAsync();
    }

    private async Task<IReadOnlyList<AITool>> RefreshAsync()
    {
        using var patience = new CancellationTokenSource(options.ConnectTimeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _closing.Token);
        try
        {
            return await ListAsync(stop.Token) ?? await ConnectAsync(stop.Token);
        }
        catch (Exception e)
        {
            await CloseAsync();
            var cause = e is OperationCanceledException && patience.IsCancellationRequested ? new TimeoutException(null, e) : e;
            throw McpFailures.Of(title, McpFailures.Reason(cause, options).After("cannot be used: "), e, options);
        }
    }

    /// <summary>Asks on the connection that is there; null when that has gone.</summary>
    private async Task<IReadOnlyList<AITool>?> ListAsync(CancellationToken cancellationToken)
    {
        if (_connection is not { IsOpen: true } connection)
        {
            return null;
        }

        try
        {
            return await connection.ListAsync(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _loggers.CreateLogger<McpToolProvider>().ToolsNotListed(e, title);
            return null;
        }
    }

    private async Task<IReadOnlyList<AITool>> ConnectAsync(CancellationToken cancellationToken)
    {
        await CloseAsync();
        var connection = await McpConnection.OpenAsync(title, options, http, _loggers, time, cancellationToken);
        _connection = connection;
        return await connection.ListAsync(cancellationToken);
    }

    private async Task CloseAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }
}
