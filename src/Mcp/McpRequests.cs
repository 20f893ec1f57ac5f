using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace AgentStream.Mcp;

/// <summary>Requests to a server that hears of it when they are canceled. Their results are taken as they come: one field of a wrong type spoils no other.</summary>
/// <remarks>
/// The client of the package means to tell the server itself, but withdraws the registration that would do so in the very moment of the cancellation
/// (2.3.1). So each request has an id that is known here. It is an integer, as the package's own are, since some servers know no others; the package counts
/// from 1 and does not get this far.
/// </remarks>
internal sealed class McpRequests(McpClient client, TimeProvider time)
{
    /// <summary>The id of the first request: 32 bits hold it and a thousand million more.</summary>
    internal const long FirstId = 1_000_000_000;

    // How long a server that does not read is tried to be told.
    private static readonly TimeSpan TellPatience = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<long, TaskCompletionSource> _inFlight = new();
    private readonly CancellationTokenSource _closing = new();
    private long _lastId = FirstId - 1;

    /// <summary>Sends a request.</summary>
    /// <param name="method">What is asked for.</param>
    /// <param name="parameters">The parameters. The client adds to them.</param>
    /// <param name="cancellationToken">Cancels the request, here and on the server.</param>
    /// <param name="name">What the request is about, if it has a name: over HTTP it goes into a header too.</param>
    /// <returns>Its result.</returns>
    /// <exception cref="ObjectDisposedException">The connection was closed before there was a result.</exception>
    public async Task<JsonNode?> SendAsync(string method, JsonObject parameters, CancellationToken cancellationToken, string? name = null)
    {
        var id = Interlocked.Increment(ref _lastId);
        var over = _inFlight[id] = new TaskCompletionSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            var request = new JsonRpcRequest { Id = new RequestId(id), Method = method, Params = parameters, Context = Context(name) };
            return (await client.SendRequestAsync(request, stop.Token)).Result;
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

    // By itself the client (2.4.0) writes a name into the header as it is, and fails with one that is not ASCII.
    private static JsonRpcMessageContext? Context(string? name) =>
#pragma warning disable MCPEXP002 // Experimental; without it, such a tool can be told to the model and not be called.
        name is null ? null : new JsonRpcMessageContext { RoutingName = McpHeaderEncoder.EncodeValue(name) };
#pragma warning restore MCPEXP002

    private async Task TellAsync(long id)
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
