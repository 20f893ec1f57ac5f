using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Runs;

/// <summary>The runs of a session whose prompts had an idempotency key: the last ones, so that the state of a session does not grow with them.</summary>
internal sealed class KeyedRuns
{
    // Most sessions have none.
    private OrderedDictionary<string, (string Hash, string RunId)>? _runs;

    /// <summary>The keys with their runs, the oldest first.</summary>
    public IEnumerable<SteeredPrompt> All => _runs?.Select(run => new SteeredPrompt(run.Value.RunId, run.Key, run.Value.Hash)) ?? [];

    /// <summary>The run of a request that was sent before.</summary>
    /// <returns>The run's id; null for a request that is not known.</returns>
    /// <exception cref="IdempotencyConflictException">The key was given to another request.</exception>
    public string? Find(RequestKey? request) =>
        request is null || _runs is null || !_runs.TryGetValue(request.Key, out var known) ? null
        : known.Hash == request.Hash ? known.RunId
        : throw new IdempotencyConflictException(request.Key);

    public void Add(string key, string hash, string runId)
    {
        _runs ??= new(StringComparer.Ordinal);
        if (_runs.TryAdd(key, (hash, runId)) && _runs.Count > RunRequestRules.RememberedKeys)
        {
            _runs.RemoveAt(0);
        }
    }

    public void Forget() => _runs = null;
}
