using System.Collections.Concurrent;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace AgentStream.Mcp;

/// <summary>Requests to a server that hears of it when they are canceled.</summary>
/// <remarks>
/// The client of the package means to tell the server itself, but withdraws the registration that would do so in the very moment of the cancellation
/// (2.3.1). So each request has an id that is known here.
/// </remarks>
internal sealed class McpRequests(McpClient client, TimeProvider time)
{
    // How long a server that does not read is tried to be told.
    private static readonly TimeSpan TellPatience = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _inFlight = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _closing = new();

    /// <summary>Sends a request.</summary>
    /// <returns>Its result.</returns>
    /// <exception cref="ObjectDisposedException">The connection was closed before there was a result.</exception>
    public async Task<TResult> SendAsync<TParameters, TResult>(string method, TParameters parameters, CancellationToken cancellationToken)
        where TResult : notnull
    {
        var id = Guid.NewGuid().ToString("N");
        var over = _inFlight[id] = new TaskCompletionSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            return await client.SendRequestAsync<TParameters, TResult>(method, parameters, requestId: new RequestId(id), cancellationToken: stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await TellAsync(id);
            cancellationToken.ThrowIfCancellationRequested();
            throw new ObjectDisposedException(nameof(McpConnection));
        }
        finally
        {
            _inFlight.TryRemove(id, out _);
            over.SetResult();
        }
    }

    /// <summary>Cancels all requests, and waits until the server has been told.</summary>
    public async Task CloseAsync()
    {
        await _closing.CancelAsync();
        await Task.WhenAll(_inFlight.Values.Select(over => over.Task));
    }

    private async Task TellAsync(string id)
    {
        using var patience = new CancellationTokenSource(TellPatience, time);
        try
        {
            await client.SendNotificationAsync(
                NotificationMethods.CancelledNotification,
                new CancelledNotificationParams { RequestId = new RequestId(id) },
                cancellationToken: patience.Token);
        }
        catch (Exception)
        {
            // It does not hear, or has gone: then there is nothing to cancel.
        }
    }
}
