using System.Collections.Concurrent;
using AgentStream.Background;
using AgentStream.Grains.Agents;
using AgentStream.Grains.Output;
using AgentStream.Grains.Runs;
using AgentStream.Storage.Queue;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Grains.Queue;

/// <summary>
/// Looks for prompts that wait for a free session. Mostly there are none, since the end of a run starts the next (<see cref="QueueWaker"/>): they are those whose process died in between. Every process
/// looks; the stream store lets one of them start a prompt. Users take turns (<see cref="IPromptQueue.ListSessionsAsync"/>), so no user has to wait for what another has in the queue.
/// </summary>
internal sealed class PromptQueueService(RunEnvironment environment, IPromptQueue queue, AgentCatalog agents, RunHost runs, IHostApplicationLifetime lifetime)
    : EndlessService(lifetime, environment.Logger)
{
    /// <summary>The most sessions of one look: what it costs, however many wait.</summary>
    internal const int Share = 64;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    // A grain that does not answer is busy. The others do not wait for it, and it is not asked again before it has answered.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly FaultLog _faults = new(environment.Logger);
    private readonly ConcurrentDictionary<SessionKey, Task> _asked = new();

    /// <summary>Has sessions that are free start what waits for them, up to a share of them, side by side: a session that fails or does not answer stops no other.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        if (runs.IsStopping)
        {
            return;
        }

        var found = await queue.ListSessionsAsync(Share, cancellationToken);
        await Task.WhenAll(found.Select(key => _faults.TryAsync($"Starting the prompt that waits for session {key}", () => LookAsync(key, cancellationToken))));
    }

    /// <inheritdoc/>
    protected override async Task WorkAsync(CancellationToken stopping)
    {
        if (agents.IsEmpty)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, environment.Time, stopping);
        }

        using var timer = new PeriodicTimer(LookEvery, environment.Time);
        await timer.WaitForNextTickAsync(stopping);
        await new Rounds("Looking for prompts that wait", environment.Logger).RunAsync(LookAsync, token => timer.WaitForNextTickAsync(token).AsTask(), stopping);
    }

    private async Task LookAsync(SessionKey key, CancellationToken cancellationToken)
    {
        // A run that is under way starts the next at its end; where its process is gone, it is recovered first.
        if (_asked.ContainsKey(key) || await environment.Store.FindRunAsync(key, cancellationToken: cancellationToken) is { HasEnded: false })
        {
            return;
        }

        var answer = environment.Services.GetRequiredService<IGrainFactory>().GetGrain<ISessionGrain>(key.ToString()).StartWaitingAsync();
        _asked[key] = answer;
        var answered = answer.ContinueWith(_ => _asked.TryRemove(key, out Task? _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        if (await Task.WhenAny(answered, Task.Delay(Patience, environment.Time, cancellationToken)) == answered)
        {
            await answer;
        }
        else
        {
            answer.Forget();
        }
    }
}
