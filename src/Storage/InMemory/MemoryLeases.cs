using System.Collections.Concurrent;

namespace AgentStream.Storage.InMemory;

/// <summary>Until when each process's lease holds.</summary>
/// <param name="now">The clock.</param>
internal sealed class MemoryLeases(Func<TimeSpan> now)
{
    private readonly ConcurrentDictionary<string, TimeSpan> _due = new();
    private readonly ConcurrentDictionary<string, bool> _seen = new();

    /// <summary>How many processes have ever had a lease.</summary>
    public int SilosSeen => _seen.Count;

    /// <summary>Lets a lease hold from now for a while; zero or less ends it.</summary>
    public void Renew(string siloId, TimeSpan lease)
    {
        if (lease > TimeSpan.Zero)
        {
            _due[siloId] = now() + lease;
            _seen[siloId] = true;
        }
        else
        {
            _due.TryRemove(siloId, out _);
        }
    }

    public bool Holds(string siloId) => _due.TryGetValue(siloId, out var due) && due > now();
}
