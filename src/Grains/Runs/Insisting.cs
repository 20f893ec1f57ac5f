namespace AgentStream.Grains.Runs;

/// <summary>Asks the log or the journal again while it is away: a run that is under way is not ended for that.</summary>
internal static class Insisting
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Asks until there is an answer.</summary>
    /// <param name="ask">The question; it must do no harm to ask it twice.</param>
    /// <param name="time">The clock of the pauses.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The answer.</returns>
    public static async Task<T> UntilAnsweredAsync<T>(Func<Task<T>> ask, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (LogUnavailableException) when (!cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    /// <inheritdoc cref="UntilAnsweredAsync{T}"/>
    public static Task UntilAnsweredAsync(Func<Task> ask, TimeProvider time, CancellationToken cancellationToken) => UntilAnsweredAsync(
        async () =>
        {
            await ask();
            return true;
        },
        time,
        cancellationToken);
}
