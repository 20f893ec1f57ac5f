namespace AgentStream.Background;

/// <summary>
/// Tries again what a store that is away did not do: only <see cref="StorageUnavailableException"/> says that it is. The pauses between the tries double.
/// </summary>
/// <param name="first">The first pause.</param>
/// <param name="longest">The longest.</param>
internal sealed class Patience(TimeSpan first, TimeSpan longest)
{
    /// <summary>Tries with the same pause each time.</summary>
    public Patience(TimeSpan pause)
        : this(pause, pause)
    {
    }

    /// <summary>The first pause.</summary>
    public TimeSpan First => first;

    /// <summary>The longest pause.</summary>
    public TimeSpan Longest => longest;

    /// <summary>The pause after another one.</summary>
    public TimeSpan Longer(TimeSpan pause) => pause < longest / 2 ? pause * 2 : longest;

    /// <summary>Asks until the store answers.</summary>
    /// <param name="ask">Asks. It may be asked again although the store did what it was asked: only its answer may have been lost.</param>
    /// <param name="time">The clock of the pauses.</param>
    /// <param name="giveUp">Ends a pause, and with it the tries.</param>
    /// <param name="away">Hears of each failure, and how many there were so far.</param>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public async Task<T> AskAsync<T>(Func<Task<T>> ask, TimeProvider time, CancellationToken giveUp, Action<StorageUnavailableException, int>? away = null)
    {
        var pause = first;
        for (var failures = 1; ; failures++)
        {
            try
            {
                return await ask();
            }
            catch (StorageUnavailableException exception)
            {
                away?.Invoke(exception, failures);
                await Task.Delay(pause, time, giveUp);
                pause = Longer(pause);
            }
        }
    }

    /// <inheritdoc cref="AskAsync{T}"/>
    public Task AskAsync(Func<Task> ask, TimeProvider time, CancellationToken giveUp) => AskAsync(
        async () =>
        {
            await ask();
            return true;
        },
        time,
        giveUp);
}
