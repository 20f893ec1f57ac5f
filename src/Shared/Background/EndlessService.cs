using AgentStream.Logs;
using AgentStream.Storage.Background;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.Background;

/// <summary>
/// A background service that ends when the process is told to stop, and never before. Should it end by itself, the process could not do its work any more: it says so, and stops
/// with <see cref="FailedExitCode"/>, so that it is started again.
/// </summary>
/// <param name="lifetime">Stops the process.</param>
/// <param name="logger">Takes why.</param>
internal abstract class EndlessService(IHostApplicationLifetime lifetime, ILogger logger) : BackgroundService, IEssentialService
{
    /// <summary>The exit code of a process that stopped because a service of its had ended.</summary>
    public const int FailedExitCode = 1;

    /// <inheritdoc/>
    public bool HasFailed { get; private set; }

    /// <summary>The service's work.</summary>
    /// <param name="stopping">Comes when the process is told to stop; nothing else may end the work.</param>
    protected abstract Task WorkAsync(CancellationToken stopping);

    /// <summary>Waits until the whole process has started.</summary>
    protected async Task StartedAsync(CancellationToken stopping)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stopping);
    }

    /// <inheritdoc/>
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Exception? fault = null;
        try
        {
            await WorkAsync(stoppingToken);
        }
        catch (Exception exception)
        {
            fault = exception;
        }

        if (!stoppingToken.IsCancellationRequested)
        {
            HasFailed = true;

            // The program's own Main may return another code; the exit code is for those that return none.
            Environment.ExitCode = FailedExitCode;
            logger.Safe().ServiceEnded(fault, GetType().Name);
            lifetime.StopApplication();
        }
    }
}
