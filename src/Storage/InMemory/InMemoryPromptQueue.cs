using AgentStream.Storage.Queue;

namespace AgentStream.Storage.InMemory;

/// <summary>Prompts that wait as long as their process lives.</summary>
internal sealed class InMemoryPromptQueue : IPromptQueue
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionKey, List<WaitingPrompt>> _sessions = [];

    public ValueTask<int> AddAsync(SessionKey key, WaitingPrompt prompt, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            var waiting = _sessions.TryGetValue(key, out var found) ? found : _sessions[key] = [];
            if (!waiting.Contains(prompt))
            {
                if (waiting.Count >= IPromptQueue.MostWaiting)
                {
                    return new(0);
                }

                waiting.Add(prompt);
            }

            return new(waiting.IndexOf(prompt) + 1);
        }
    }

    public ValueTask<IReadOnlyList<WaitingPrompt>> ReadAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return new(_sessions.TryGetValue(key, out var waiting) ? [.. waiting] : []);
        }
    }

    public ValueTask RemoveAsync(SessionKey key, WaitingPrompt prompt, CancellationToken cancellationToken = default)
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

    public ValueTask ClearAsync(RunToken owner, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            _sessions.Remove(owner.Key);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<SessionKey>> ListAsync(int count, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return new([.. _sessions.Keys.OrderBy(_ => Random.Shared.Next()).Take(count)]);
        }
    }
}
