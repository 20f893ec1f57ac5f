using AgentStream.Background;
using AgentStream.Grains.Output;
using AgentStream.Grains.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace AgentStream.Grains.Streams;

/// <summary>
/// Brings the events of this process's runs into Orleans streams. It is a listener like any other: it follows the stream store at its own pace, so a run never
/// waits for it and does not notice when it fails.
/// </summary>
internal sealed class SessionStreamPublisher(RunEnvironment environment) : IRunObserver, IHostedService
{
    private static readonly Patience Patience = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5));

    /// <summary>How long a stream that takes no event is asked to. What is behind that event is in the log for the grace period only.</summary>
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromMinutes(1);

    /// <summary>How long a silo that stops waits for the streams to take the ends of its runs.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly Dictionary<SessionKey, Following> _sessions = [];
    private readonly CancellationTokenSource _stop = new();
    private IStreamProvider? _provider;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (environment.Options.MirrorToStreams)
        {
            _provider = environment.Services.GetKeyedService<IStreamProvider>(SessionStreams.ProviderName)
                ?? throw new InvalidOperationException(
                    $"{AgentStreamOptions.Section}:{nameof(AgentStreamOptions.MirrorToStreams)} is on, but the silo has no stream provider named "
                    + $"'{SessionStreams.ProviderName}': call {nameof(SessionStreamsHosting.AddSessionStreams)}() on the silo, or add a provider of that name.");
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void OnRun(SessionKey key)
    {
        if (_provider is not { } provider)
        {
            return;
        }

        lock (_sessions)
        {
            if (_sessions.TryGetValue(key, out var following))
            {
                // One at a time follows a session, so that its runs stay in order.
                following.Runs++;
            }
            else
            {
                _sessions.Add(key, new Following { Over = Task.Run(() => FollowAsync(key, provider)) });
            }
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task[] following;
        lock (_sessions)
        {
            following = [.. _sessions.Values.Select(f => f.Over)];
        }

        await Task.WhenAll(following).WaitAsync(LastWords, environment.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stop.CancelAsync();
    }

    private async Task FollowAsync(SessionKey key, IStreamProvider provider)
    {
        var stream = provider.GetStream<SessionEntry>(StreamId.Create(SessionStreams.Namespace, key.ToString()));
        Cursor? last = null;
        do
        {
            try
            {
                await foreach (var entry in environment.Hub.ListenAsync(key, last, _stop.Token))
                {
                    await PublishAsync(stream, new SessionEntry(key, entry.Cursor, entry.Type, entry.Origin, entry.Body.ToArray()));
                    last = entry.Cursor;
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                environment.Logger.LogError(e, "The stream of session {Session} lacks the events behind {Cursor}.", key, last);
            }
        }
        while (HasFurtherRun(key));
    }

    private async Task PublishAsync(IAsyncStream<SessionEntry> stream, SessionEntry item)
    {
        var started = environment.Time.GetTimestamp();
        for (var wait = Patience.First; ; wait = Patience.Longer(wait))
        {
            try
            {
                await stream.OnNextAsync(item).WaitAsync(_stop.Token);
                return;
            }
            catch (Exception e) when (!_stop.IsCancellationRequested && environment.Time.GetElapsedTime(started) + wait < GiveUpAfter)
            {
                environment.Logger.LogDebug(e, "The stream of session {Session} did not take {Cursor}; it is asked again in {Wait}.", item.Session, item.Cursor, wait);
                await Task.Delay(wait, environment.Time, _stop.Token);
            }
        }
    }

    private bool HasFurtherRun(SessionKey key)
    {
        lock (_sessions)
        {
            return --_sessions[key].Runs > 0 || !_sessions.Remove(key);
        }
    }

    /// <summary>A session whose runs are being followed: how many have begun and are not over.</summary>
    private sealed class Following
    {
        public int Runs { get; set; } = 1;

        public required Task Over { get; init; }
    }
}
