using AgentStream.Background;
using AgentStream.Grains.Agents;
using AgentStream.Grains.Output;
using AgentStream.Grains.Runs;
using AgentStream.Storage.Timers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Grains.Expiry;

/// <summary>
/// Looks for sessions whose requests expire, or whose prompts are to come, and has their grains see to it. Every process looks, since the one that asked may be gone. A session leaves the index when its
/// grain says that nothing is to come there; until then it is looked at again and again.
/// </summary>
internal sealed class ExpiryWatch(RunEnvironment environment, ISessionTimers timers, AgentCatalog agents, RunHost runs, IHostApplicationLifetime lifetime)
    : EndlessService(lifetime, environment.Logger)
{
    /// <summary>How late an expiry, or a prompt, may be.</summary>
    internal static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    /// <summary>When a session is looked at again that was busy, or whose grain failed.</summary>
    internal static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(15);

    // A grain that does not answer is busy. The others do not wait for it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // So many at a time, side by side: others look as well, and get their share. A process that found as many looks again at once.
    private const int Share = 64;

    private readonly FaultLog _faults = new(environment.Logger);

    /// <summary>Has what is due seen to, up to a share of it.</summary>
    /// <returns>Whether there may be more: a whole share was due.</returns>
    internal async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        if (runs.IsStopping)
        {
            return false;
        }

        var now = environment.Time.GetUtcNow();
        var again = now + AgainAfter;
        var due = await timers.TakeDueAsync(now, again, Share, cancellationToken);
        await Task.WhenAll(due.Select(key => _faults.TryAsync($"Looking for what is due in session {key}", () => HandleAsync(key, again, cancellationToken))));
        return due.Count == Share;
    }

    /// <inheritdoc/>
    protected override async Task WorkAsync(CancellationToken stopping)
    {
        if (agents.IsEmpty)
        {
            // A process that knows no agents has no grains that could continue their runs.
            await Task.Delay(Timeout.InfiniteTimeSpan, environment.Time, stopping);
        }

        await StartedAsync(stopping);
        using var timer = new PeriodicTimer(LookEvery, environment.Time);
        await timer.WaitForNextTickAsync(stopping);
        await new Rounds("Looking for sessions whose time has come", environment.Logger).RunAsync(LookAllAsync, token => timer.WaitForNextTickAsync(token).AsTask(), stopping);
    }

    private async Task LookAllAsync(CancellationToken cancellationToken)
    {
        while (await LookAsync(cancellationToken))
        {
            // There may be more.
        }
    }

    private async Task HandleAsync(SessionKey key, DateTimeOffset again, CancellationToken cancellationToken)
    {
        var grain = environment.Services.GetRequiredService<IGrainFactory>().GetGrain<ISessionExpiry>(key.ToString());
        DateTimeOffset? next;
        try
        {
            next = await grain.HandleDueAsync().WaitAsync(Patience, environment.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return;
        }

        if (next is not { } time)
        {
            await timers.ClearAsync(key, again, cancellationToken);
        }
        else if (time > environment.Time.GetUtcNow())
        {
            await timers.MoveAsync(key, again, time, cancellationToken);
        }
    }
}
