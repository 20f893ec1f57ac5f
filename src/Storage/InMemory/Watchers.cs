using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace AgentStream.Storage.InMemory;

/// <summary>Who wants to hear of what.</summary>
/// <typeparam name="TKey">What watchers are interested in.</typeparam>
/// <typeparam name="T">What they hear.</typeparam>
internal sealed class Watchers<TKey, T>
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, ImmutableArray<Action<T>>> _watchers = new();

    public int Count => _watchers.Values.Sum(watchers => watchers.Length);

    /// <summary>Adds a watcher.</summary>
    /// <returns>Takes it out when it is disposed.</returns>
    public Disposal Add(TKey key, Action<T> heard)
    {
        // A delegate of its own, so that two watches with the same callback stay two.
        Action<T> watcher = what => heard(what);
        _watchers.AddOrUpdate(key, _ => [watcher], (_, watchers) => watchers.Add(watcher));
        return new Disposal(() => Remove(key, watcher));
    }

    public void Tell(TKey key, T what)
    {
        foreach (var watcher in _watchers.GetValueOrDefault(key, []))
        {
            watcher(what);
        }
    }

    private void Remove(TKey key, Action<T> watcher)
    {
        var left = _watchers.AddOrUpdate(key, _ => [], (_, watchers) => watchers.Remove(watcher));
        if (left.IsEmpty)
        {
            // Only if it still is empty: another watcher may have come.
            _watchers.TryRemove(KeyValuePair.Create(key, left));
        }
    }
}
