using AgentStream.Background;
using AgentStream.Grains.Agents;
using AgentStream.Grains.Output;
using AgentStream.Grains.Runs;
using AgentStream.Storage.Queue;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Grains.Queue;

/// <summary>
/// Starts prompts that wait, when their session is free. Every process looks, since the one that accepted a prompt may be gone; the stream store lets one of them start it.
/// </summary>
internal sealed class PromptQueueService(RunEnvironment environment, IPromptQueue queue, AgentCatalog agents, RunHost runs, IHostApplicationLifetime lifetime)
    : EndlessService(lifetime, environment.Logger)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    // Who follows the run that has ended gets this long to read its end: the next run begins with an empty stream.
    private static readonly TimeSpan AfterEnd = TimeSpan.FromMilliseconds(300);

    // So many at a time: the next look, and other processes, have the rest.
    private const int Share = 64;

    private readonly FaultLog _faults = new(environment.Logger);

    /// <inheritdoc/>
    protected override async Task WorkAsync(CancellationToken stopping)
    {
        if (agents.IsEmpty)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, environment.Time, stopping);
        }

        using var timer = new PeriodicTimer(LookEvery, environment.Time);
        await timer.WaitForNextTickAsync(stopping);
        await new Rounds("Looking for prompts that wait", environment.Logger).RunAsync(LookAllAsync, token => timer.WaitForNextTickAsync(token).AsTask(), stopping);
    }

    private async Task LookAllAsync(CancellationToken cancellationToken)
    {
        if (runs.IsStopping)
        {
            return;
        }

        foreach (var key in await queue.ListSessionsAsync(Share, cancellationToken))
        {
            await _faults.TryAsync($"Starting the prompt that waits for session {key}", () => LookAsync(key, cancellationToken));
        }
    }

    private async Task LookAsync(SessionKey key, CancellationToken cancellationToken)
    {
        var now = (ulong)environment.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var last = await environment.Store.FindRunAsync(key, cancellationToken: cancellationToken);
        if (last is { HasEnded: false } || (last is not null && last.Last.Milliseconds <= now && now - last.Last.Milliseconds < AfterEnd.TotalMilliseconds))
        {
            return;
        }

        await environment.Services.GetRequiredService<IGrainFactory>().GetGrain<ISessionGrain>(key.ToString()).StartWaitingAsync().WaitAsync(cancellationToken);
    }
}
