using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace AgentStream.Storage.InMemory;

/// <summary>Who wants to hear of the cancels of a process's runs.</summary>
internal sealed class RunWatchers
{
    private readonly ConcurrentDictionary<string, ImmutableArray<Action<RunToken?>>> _silos = new();

    public int Count => _silos.Values.Sum(watchers => watchers.Length);

    public void Add(string siloId, Action<RunToken?> watcher) =>
        _silos.AddOrUpdate(siloId, _ => [watcher], (_, watchers) => watchers.Add(watcher));

    public void Remove(string siloId, Action<RunToken?> watcher)
    {
        var left = _silos.AddOrUpdate(siloId, _ => [], (_, watchers) => watchers.Remove(watcher));
        if (left.IsEmpty)
        {
            // Only if it still is empty: another watcher may have come.
            _silos.TryRemove(KeyValuePair.Create(siloId, left));
        }
    }

    public void Tell(RunToken canceled)
    {
        foreach (var watcher in _silos.GetValueOrDefault(canceled.SiloId, []))
        {
            watcher(canceled);
        }
    }
}
