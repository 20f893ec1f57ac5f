using AgentStream.Grains.Agents;
using AgentStream.Grains.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Waiting;

/// <summary>
/// Starts prompts that wait, when their session is free. Every process looks, since the one that accepted a prompt may be gone; the event log lets one of them start it.
/// </summary>
internal sealed class WaitingPrompts(RunEnvironment environment, IPromptQueue queue, AgentCatalog agents, LiveRuns runs) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    // Who follows the run that has ended gets this long to read its end: the next run begins with an empty stream.
    private static readonly TimeSpan AfterEnd = TimeSpan.FromMilliseconds(300);

    // So many at a time: the next look, and other processes, have the rest.
    private const int Share = 64;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (agents.IsEmpty)
        {
            return;
        }

        using var timer = new PeriodicTimer(LookEvery, environment.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken) && !runs.IsStopping)
        {
            try
            {
                foreach (var key in await queue.ListAsync(Share, stoppingToken))
                {
                    await LookAsync(key, stoppingToken);
                }
            }
            catch (LogUnavailableException)
            {
                // Whoever keeps the lease has said so already; the next look is soon enough.
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                environment.Logger.LogError(e, "Waiting prompts could not be looked after.");
            }
        }
    }

    private async Task LookAsync(SessionKey key, CancellationToken cancellationToken)
    {
        var now = (ulong)environment.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var last = await environment.Log.FindRunAsync(key, cancellationToken);
        if (last is { HasEnded: false } || (last is not null && last.Last.Milliseconds <= now && now - last.Last.Milliseconds < AfterEnd.TotalMilliseconds))
        {
            return;
        }

        try
        {
            await environment.Services.GetRequiredService<IGrainFactory>().GetGrain<ISessionGrain>(key.ToString()).StartWaitingAsync().WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is not (OperationCanceledException or LogUnavailableException))
        {
            environment.Logger.LogError(e, "The prompt that waits for session {Session} could not be started; it goes on waiting.", key);
        }
    }
}
