using AgentStream.Cli.Output;
using AgentStream.Events;

namespace AgentStream.Cli.Commands;

/// <summary>Shows a run until it ends or its user leaves.</summary>
internal static class RunShow
{
    /// <summary>Shows it.</summary>
    /// <param name="listen">Begins the listening, until its token is canceled.</param>
    /// <param name="view">Shows it.</param>
    /// <param name="interrupts">What the user's Ctrl-C does.</param>
    /// <param name="gone">What to say when the events stop before the run's end.</param>
    /// <param name="begun">Called when the first event has come.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> ShowAsync(
        Func<CancellationToken, IAsyncEnumerable<AgentEvent>> listen, IRunView view, Interrupts interrupts, string gone, Action? begun = null)
    {
        var transcript = new Transcript();
        try
        {
            await foreach (var item in listen(interrupts.Left))
            {
                if (transcript.Cursor is null)
                {
                    begun?.Invoke();
                }

                view.Show(item);
                transcript.Apply(item);
            }
        }
        catch (OperationCanceledException) when (interrupts.Left.IsCancellationRequested)
        {
            view.End(transcript);
            await Console.Error.WriteLineAsync("(left; the run continues)");
            return ExitCodes.Left;
        }

        transcript.End();
        view.End(transcript);
        switch (transcript.Outcome)
        {
            case RunOutcome.Answered:
                return ExitCodes.Done;
            case RunOutcome.Paused:
                return ExitCodes.Waiting;
            case RunOutcome.Canceled:
                return ExitCodes.Canceled;
            case RunOutcome.Failed:
                return ExitCodes.RunFailed;
            default:
                await Console.Error.WriteLineAsync($"agentstream: {gone}");
                return ExitCodes.Nothing;
        }
    }
}
