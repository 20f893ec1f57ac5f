using AgentStream.Logs;
using Microsoft.Extensions.Logging;

namespace AgentStream.Storage;

/// <summary>Says once that the stream store is away, and once that it is back, however often it was tried.</summary>
/// <param name="logger">Takes the lines.</param>
/// <param name="consequence">What does not work meanwhile.</param>
internal sealed class OutageLog(ILogger logger, string consequence)
{
    private readonly ILogger _logger = logger.Safe();
    private int _isOut;

    public void Failed(StorageUnavailableException exception)
    {
        if (Interlocked.Exchange(ref _isOut, 1) == 0)
        {
            _logger.StoreUnavailable(exception, consequence);
        }
    }

    public void Worked()
    {
        if (Volatile.Read(ref _isOut) == 1 && Interlocked.Exchange(ref _isOut, 0) == 1)
        {
            _logger.StoreAvailable();
        }
    }
}
