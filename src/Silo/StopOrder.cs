using System.Runtime.InteropServices;

namespace AgentStream.Silo;

/// <summary>
/// Hears of an order to stop, SIGTERM or Ctrl-C, from the first moment on. The host listens only when it has been built, and takes an order that comes while it starts for a failure of the start. From its start on it is the host's to hear.
/// </summary>
internal sealed class StopOrder : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _signals;

    public StopOrder() => _signals = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT }.Select(signal => PosixSignalRegistration.Create(signal, Hear))];

    /// <summary>Comes with the order.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Leaves orders to somebody else who listens already.</summary>
    public void HandOver() => Array.ForEach(_signals, signal => signal.Dispose());

    public void Dispose()
    {
        HandOver();
        _stop.Dispose();
    }

    private void Hear(PosixSignalContext context)
    {
        // The process ends when it has stopped, and not now.
        context.Cancel = true;
        _stop.Cancel();
    }
}
