namespace AgentStream.Storage.Journal;

/// <summary>The turn of one reader of a journal, from its second page on: only a few long journals are read at a time in a process.</summary>
internal sealed class LargeReads : IDisposable
{
    // More at once would be no faster, and take the memory of all of them.
    private static readonly SemaphoreSlim Turns = new(1);

    private bool _isMine;

    /// <summary>Waits for the turn, unless it has come.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        if (!_isMine)
        {
            await Turns.WaitAsync(cancellationToken).ConfigureAwait(false);
            _isMine = true;
        }
    }

    /// <summary>Lets the next have its turn.</summary>
    public void Dispose()
    {
        if (_isMine)
        {
            Turns.Release();
        }
    }
}
