using System.Runtime.InteropServices;
using AgentStream.Logs;

namespace AgentStream.Cli;

/// <summary>
/// What Ctrl-C does. Where there is something to cancel, one press cancels, unless a second one within a moment leaves instead; where there is not, one press leaves.
/// </summary>
/// <param name="ask">What to say at the first press.</param>
/// <param name="moment">How long a second press is waited for.</param>
/// <param name="cancel">Cancels, until it is told to stop; null where there is nothing to cancel.</param>
/// <param name="time">The clock.</param>
internal sealed class Interrupts(string? ask, TimeSpan moment, Func<CancellationToken, Task>? cancel, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _left = new();
    private int _presses;

    /// <summary>Canceled when the user leaves.</summary>
    public CancellationToken Left => _left.Token;

    /// <summary>The cancel that is under way, if one is.</summary>
    internal Task Canceling { get; private set; } = Task.CompletedTask;

    /// <summary>Takes Ctrl-C from here on.</summary>
    /// <returns>Gives it back when disposed.</returns>
    public IDisposable Catch() => PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
    {
        signal.Cancel = true;
        Press();
    });

    /// <summary>Ctrl-C is pressed.</summary>
    public void Press()
    {
        if (Interlocked.Increment(ref _presses) > 1 || cancel is null)
        {
            _left.Cancel();
            return;
        }

        Console.Error.WriteLine($"({ask})");
        Canceling = CancelAsync();
    }

    public void Dispose()
    {
        // Whatever a cancel still waits for is over.
        _left.Cancel();
        _left.Dispose();
    }

    private async Task CancelAsync()
    {
        try
        {
            await Task.Delay(moment, time, _left.Token);
            await cancel!(_left.Token);
        }
        catch (OperationCanceledException)
        {
            // Left, or the run has ended.
        }
        catch (Exception e) when (Failures.CodeOf(e) is not null)
        {
            await Console.Error.WriteLineAsync($"agentstream: The run could not be canceled: {SafeText.Line(e.Message)}");
            _presses = 0;
        }
    }
}
