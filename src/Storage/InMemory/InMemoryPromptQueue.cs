using AgentStream.Storage.Queue;

namespace AgentStream.Storage.InMemory;

/// <summary>Prompts that wait as long as their process lives.</summary>
public sealed class InMemoryPromptQueue : IPromptQueue
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionKey, List<QueuedPrompt>> _sessions = [];

    /// <inheritdoc/>
    public ValueTask<int> AddAsync(SessionKey key, QueuedPrompt prompt, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            var waiting = _sessions.TryGetValue(key, out var found) ? found : _sessions[key] = [];
            if (!waiting.Contains(prompt))
            {
                if (waiting.Count >= IPromptQueue.MaxQueued)
                {
                    return new(0);
                }

                waiting.Add(prompt);
            }

            return new(waiting.IndexOf(prompt) + 1);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<QueuedPrompt>> ReadAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return new(_sessions.TryGetValue(key, out var waiting) ? [.. waiting] : []);
        }
    }

    /// <inheritdoc/>
    public ValueTask RemoveAsync(SessionKey key, QueuedPrompt prompt, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(key, out var waiting) && waiting.Remove(prompt) && waiting.Count == 0)
            {
                _sessions.Remove(key);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ClearAsync(RunToken owner, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            _sessions.Remove(owner.Key);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SessionKey>> ListSessionsAsync(int count, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return new([.. _sessions.Keys.OrderBy(_ => Random.Shared.Next()).Take(count)]);
        }
    }
}
