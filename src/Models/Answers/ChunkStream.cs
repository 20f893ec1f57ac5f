using System.Net.ServerSentEvents;
using System.Text.Json;
using AgentStream.Models.Endpoint;

namespace AgentStream.Models.Answers;

/// <summary>The chunks of an answer, from a stream of server-sent events.</summary>
internal sealed class ChunkStream(Stream stream, EndpointFaults faults, CancellationToken cancellationToken) : IAsyncDisposable
{
    private const string Done = "[DONE]";

    private readonly IAsyncEnumerator<SseItem<string>> _items =
        SseParser.Create(stream).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

    /// <summary>The next chunk; null at the end of the answer.</summary>
    /// <param name="mayEnd">
    /// Whether the answer is whole, so that nothing is lost when the stream just ends, as it does with some servers, or breaks.
    /// </param>
    /// <exception cref="ModelException">The stream broke off, or has something else in it than chunks.</exception>
    public async ValueTask<JsonElement?> NextAsync(bool mayEnd)
    {
        try
        {
            if (!await _items.MoveNextAsync())
            {
                return mayEnd ? null : throw faults.BrokeOff(null);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or ObjectDisposedException)
        {
            // A canceled read does not always say that it was one.
            cancellationToken.ThrowIfCancellationRequested();
            return mayEnd ? null : throw faults.BrokeOff(e);
        }

        var (data, type) = (_items.Current.Data, _items.Current.EventType);
        if (data.AsSpan().Trim() is Done)
        {
            return null;
        }

        var chunk = Parse(data);
        if (ErrorBody.Message(chunk) is { } error)
        {
            throw faults.FailedWithin(error);
        }

        return type == "error" ? throw faults.FailedWithin(ErrorBody.Message(data) ?? data)
            : chunk.ValueKind == JsonValueKind.Object ? chunk
            : throw faults.BadChunk(data, null);
    }

    public ValueTask DisposeAsync() => _items.DisposeAsync();

    private JsonElement Parse(string data)
    {
        try
        {
            return JsonElement.Parse(data);
        }
        catch (JsonException e)
        {
            throw faults.BadChunk(data, e);
        }
    }
}
