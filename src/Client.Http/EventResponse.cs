using System.Net.ServerSentEvents;

namespace AgentStream.Client.Http;

/// <summary>One response with server-sent events, as far as its connection lasts.</summary>
internal sealed class EventResponse : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly WatchedStream _stream;
    private readonly IAsyncEnumerator<SseItem<StreamEntry?>> _items;

    private EventResponse(HttpResponseMessage response, WatchedStream stream, CancellationToken cancellationToken)
    {
        (_response, _stream) = (response, stream);
        _items = SseParser.Create(stream, (_, data) => EventFrame.Read(data)).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
    }

    /// <summary>Why the connection broke; null when it did not. Then the response was complete.</summary>
    public Exception? Broken { get; private set; }

    /// <summary>When the server was last heard of; the clock's timestamp.</summary>
    public long LastHeard => _stream.LastHeard;

    /// <summary>Begins to read a response.</summary>
    /// <param name="response">The response; it is disposed with this.</param>
    /// <param name="silence">How long the connection may be silent.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<EventResponse> OpenAsync(HttpResponseMessage response, TimeSpan silence, TimeProvider time, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return new EventResponse(response, new WatchedStream(body, silence, time), cancellationToken);
    }

    /// <summary>The next event; null when no more come from this response, complete or broken. A frame that did not arrive whole is none.</summary>
    public async ValueTask<StreamEntry?> ReadAsync()
    {
        try
        {
            while (await _items.MoveNextAsync().ConfigureAwait(false))
            {
                if (_items.Current is { Data: { } item, EventId: { } id } && Cursor.TryParse(id, out var cursor))
                {
                    return item with { Cursor = cursor };
                }
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            Broken = e;
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _items.DisposeAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        _response.Dispose();
    }
}
