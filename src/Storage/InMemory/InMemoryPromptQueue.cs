using AgentStream.Storage.Queue;

namespace AgentStream.Storage.InMemory;

/// <summary>Prompts that wait as long as their process lives.</summary>
public sealed class InMemoryPromptQueue : IPromptQueue
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionKey, List<QueuedPrompt>> _sessions = [];
    private readonly Turns<UserKey> _users = new();
    private readonly Dictionary<UserKey, Turns<SessionKey>> _sessionsOf = [];

    /// <inheritdoc/>
    public ValueTask<int> AddAsync(SessionKey key, QueuedPrompt prompt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        lock (_gate)
        {
            if (!_sessions.TryGetValue(key, out var waiting))
            {
                waiting = _sessions[key] = [];
                AddTurn(key);
            }

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
    public ValueTask<int> CountAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return new(WaitingFor(key).Count);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<QueuedPromptInfo>> ListAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return new([.. WaitingFor(key).Select(QueuedPromptInfo.Of)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<QueuedPrompt?> FindAsync(SessionKey key, string runId, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return new(WaitingFor(key).FirstOrDefault(prompt => prompt.RunId == runId));
        }
    }

    /// <inheritdoc/>
    public ValueTask RemoveAsync(SessionKey key, string runId, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(key, out var waiting) && waiting.RemoveAll(prompt => prompt.RunId == runId) > 0 && waiting.Count == 0)
            {
                Remove(key);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ClearAsync(RunToken owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        lock (_gate)
        {
            Remove(owner.Key);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SessionKey>> ListSessionsAsync(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_gate)
        {
            var users = _users.Serve(count);
            return new([.. users.SelectMany(user => _sessionsOf[user].Serve(count / users.Count))]);
        }
    }

    private List<QueuedPrompt> WaitingFor(SessionKey key) => _sessions.TryGetValue(key, out var waiting) ? waiting : [];

    private void AddTurn(SessionKey key)
    {
        var user = new UserKey(key.Scope, key.User);
        if (!_sessionsOf.TryGetValue(user, out var sessions))
        {
            sessions = _sessionsOf[user] = new();
            _users.Add(user);
        }

        sessions.Add(key);
    }

    private void Remove(SessionKey key)
    {
        var user = new UserKey(key.Scope, key.User);
        if (_sessions.Remove(key) && _sessionsOf[user] is var sessions)
        {
            sessions.Remove(key);
            if (sessions.Count == 0)
            {
                _sessionsOf.Remove(user);
                _users.Remove(user);
            }
        }
    }
}
