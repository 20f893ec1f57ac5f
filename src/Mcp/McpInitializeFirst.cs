using System.Threading.Channels;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace AgentStream.Mcp;

/// <summary>
/// A way to a server on which nothing is sent before <c>initialize</c>. The client of the package (2.4.0) begins with <c>initialize</c> only if it is told one
/// revision, and then takes no other. Here it may begin with its question, and learns at once that it is not known.
/// </summary>
internal sealed class McpInitializeFirst(IClientTransport transport) : IClientTransport, IAsyncDisposable
{
    /// <inheritdoc/>
    public string Name => transport.Name;

    /// <inheritdoc/>
    public async Task<ITransport> ConnectAsync(CancellationToken cancellationToken = default) => new Session(await transport.ConnectAsync(cancellationToken));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => transport is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;

    private sealed class Session(ITransport session) : ITransport
    {
        public string? SessionId => session.SessionId;

        public ChannelReader<JsonRpcMessage> MessageReader => session.MessageReader;

        public Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default) =>
            message is JsonRpcRequest { Method: RequestMethods.ServerDiscover }
                ? Task.FromException(new McpProtocolException("not asked", McpErrorCode.MethodNotFound))
                : session.SendMessageAsync(message, cancellationToken);

        public ValueTask DisposeAsync() => session.DisposeAsync();
    }
}
