using System.Collections.Concurrent;

namespace AgentStream.EventLog.InMemory;

/// <summary>Until when each process's lease holds.</summary>
/// <param name="now">The clock.</param>
internal sealed class MemoryLeases(Func<TimeSpan> now)
{
    private readonly ConcurrentDictionary<string, TimeSpan> _due = new();

    /// <summary>Lets a lease hold from now for a while; zero or less ends it.</summary>
    public void Renew(string siloId, TimeSpan lease)
    {
        if (lease > TimeSpan.Zero)
        {
            _due[siloId] = now() + lease;
        }
        else
        {
            _due.TryRemove(siloId, out _);
        }
    }

    public bool Holds(string siloId) => _due.TryGetValue(siloId, out var due) && due > now();
}
