namespace AgentStream.Client.Http;

/// <summary>A response's body, in which silence is a failure: a connection whose other end is gone says nothing forever.</summary>
/// <param name="inner">The body.</param>
/// <param name="silence">How long it may say nothing.</param>
/// <param name="time">The clock.</param>
internal sealed class WatchedStream(Stream inner, TimeSpan silence, TimeProvider time) : ReadingStream(inner)
{
    /// <summary>When something came last; the clock's timestamp.</summary>
    public long LastHeard { get; private set; } = time.GetTimestamp();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var limit = new CancellationTokenSource(silence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            var count = await Inner.ReadAsync(buffer, either.Token).ConfigureAwait(false);
            LastHeard = count > 0 ? time.GetTimestamp() : LastHeard;
            return count;
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"The connection has been silent for {silence.TotalSeconds:0.#} s.", e);
        }
    }
}
