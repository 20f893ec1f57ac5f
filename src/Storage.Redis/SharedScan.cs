namespace AgentStream.Storage.Redis;

/// <summary>
/// A costly question that many may ask: one answer at a time is worked out, a caller that comes meanwhile shares it, and it serves for a while. So what it costs does not grow with the number of callers.
/// </summary>
/// <typeparam name="T">The answer.</typeparam>
/// <param name="ask">Works the answer out.</param>
/// <param name="time">The clock.</param>
internal sealed class SharedScan<T>(Func<Task<T>> ask, TimeProvider time)
{
    /// <summary>How old an answer may be.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<T>? _last;
    private long _answered;

    /// <summary>Gets an answer.</summary>
    /// <param name="cancellationToken">Gives up waiting for it; others still get it.</param>
    public Task<T> GetAsync(CancellationToken cancellationToken)
    {
        Task<T> answer;
        lock (_gate)
        {
            // A fault is the answer of those that waited for it, and of no one later.
            answer = _last is { IsCompleted: false } || (_last is { IsCompletedSuccessfully: true } && time.GetElapsedTime(_answered) < MaxAge) ? _last : _last = Task.Run(AskAsync, CancellationToken.None);
        }

        return answer.WaitAsync(cancellationToken);
    }

    private async Task<T> AskAsync()
    {
        var answer = await ask();
        Volatile.Write(ref _answered, time.GetTimestamp());
        return answer;
    }
}
