namespace AgentStream.Chaos;

/// <summary>The body of a response that fails when nothing comes for a while, not even the comments that keep a connection.</summary>
internal sealed class PatientBody(Stream inner) : ReadingStream(inner)
{
    // The edge sends a comment after 15 s of silence.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(20);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(LongestSilence);
        try
        {
            return await Inner.ReadAsync(buffer, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException("Not even a keep-alive came.");
        }
    }
}
