using System.Text.Json;
using System.Text.RegularExpressions;
using AgentStream.Models.Endpoint;

namespace AgentStream.Models.Answers;

/// <summary>The chunks of an answer, from a stream of server-sent events.</summary>
internal sealed partial class ChunkStream(
    Stream stream, EndpointFaults faults, TimeProvider time, CancellationToken cancellationToken) : IDisposable
{
    /// <summary>How long to wait for what the answer cost, once it is whole: a connection may stay open forever.</summary>
    public static readonly TimeSpan UsagePatience = TimeSpan.FromSeconds(3);

    private const string Done = "[DONE]";

    private readonly EventReader _events = new(stream);
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private CancellationTokenSource? _patience;
    private CancellationTokenRegistration _stopping;
    private int _length;

    /// <summary>The next chunk; null at the end of the answer. A sign of life is a chunk with nothing in it.</summary>
    /// <param name="isWhole">
    /// Whether the answer is whole, so that nothing is lost when the stream just ends, as it does with some servers, breaks, or stays open.
    /// </param>
    /// <param name="length">
    /// How long the answer is: while it grows it is waited for, since some say with each chunk that it is whole.
    /// </param>
    /// <exception cref="ModelException">The stream broke off, is too long, or has something else in it than chunks.</exception>
    public async ValueTask<JsonElement?> NextAsync(bool isWhole, int length)
    {
        if (length != _length)
        {
            StopWaiting();
            _length = length;
        }

        try
        {
            var read = _events.ReadAsync(_stop.Token);
            if (isWhole && _patience is null && !read.IsCompleted)
            {
                _patience = new CancellationTokenSource(UsagePatience, time);
                _stopping = _patience.Token.Register(_stop.Cancel);
            }

            return await read is { } item ? Read(item, isWhole) : isWhole ? null : throw faults.BrokeOff(null, _events.Stray);
        }
        catch (OperationCanceledException) when (isWhole && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (AnswerLimitException e)
        {
            return isWhole ? null : throw faults.TooLong(e.Message);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or ObjectDisposedException)
        {
            // A canceled read does not always say that it was one.
            cancellationToken.ThrowIfCancellationRequested();
            return isWhole ? null : throw faults.BrokeOff(e);
        }
    }

    public void Dispose()
    {
        StopWaiting();
        _stop.Dispose();
    }

    private void StopWaiting()
    {
        _stopping.Dispose();
        _patience?.Dispose();
        _patience = null;
    }

    private JsonElement? Read(StreamItem item, bool isWhole)
    {
        if (item.Data is not { } data || IsKeepAlive(item.Type, data))
        {
            return default(JsonElement);
        }

        if (data.AsSpan().Trim() is Done)
        {
            return null;
        }

        try
        {
            return Parse(item, data);
        }
        catch (ModelException) when (isWhole)
        {
            // The answer is there; what comes after it cannot take it back.
            return default(JsonElement);
        }
    }

    private JsonElement Parse(StreamItem item, string data)
    {
        JsonElement chunk;
        try
        {
            chunk = Json.Parse(data);
        }
        catch (JsonException e)
        {
            throw item.Type == "error" ? faults.FailedWithin(data) : item.IsCut ? faults.BrokeOff(e) : faults.BadChunk(data, e);
        }

        return ErrorBody.InChunk(chunk) is { } error ? throw faults.FailedWithin(error)
            : item.Type == "error" ? throw faults.FailedWithin(ErrorBody.Message(data) ?? data)
            : chunk.ValueKind == JsonValueKind.Object ? chunk
            : throw faults.BadChunk(data, null);
    }

    private static bool IsKeepAlive(string type, string data) =>
        string.IsNullOrWhiteSpace(data) || data.AsSpan().TrimStart() is [':', ..] || KeepAlive().IsMatch(type) || KeepAlive().IsMatch(data);

    [GeneratedRegex(@"^\W*(ping|pong|keep[ _-]?alive|heart[ _-]?beat)\W*\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex KeepAlive();
}
