using System.Collections.Concurrent;

namespace AgentStream.Grains.Agents;

/// <summary>The agents of a silo, by name. Each is made when it is first asked for.</summary>
internal sealed class AgentCatalog(IEnumerable<AgentRegistration> registrations, IServiceProvider services)
{
    private readonly List<AgentRegistration> _registrations = [.. registrations];
    private readonly ConcurrentDictionary<string, Lazy<Agent>> _agents = new(StringComparer.Ordinal);

    /// <summary>Whether no agent is registered: this process runs agents of its own making, or none.</summary>
    public bool IsEmpty => _registrations.Count == 0;

    /// <summary>Finds an agent.</summary>
    /// <param name="name">Its name; null for the one that was registered first.</param>
    /// <exception cref="UnknownAgentException">There is none.</exception>
    public Agent Get(string? name)
    {
        var found = _registrations.Find(r => name is null || r.Name == name);
        return found is null
            ? throw new UnknownAgentException(name ?? "(default)", _registrations.Count == 0 ? "none" : string.Join(", ", _registrations.Select(r => r.Name)))
            : _agents.GetOrAdd(found.Name, _ => new(() => Make(found))).Value;
    }

    private Agent Make(AgentRegistration registration)
    {
        var builder = new AgentBuilder();
        registration.Configure(builder);
        return builder.Build(registration.Name, services);
    }
}

/// <summary>An agent that was registered.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Configure">Says what it is.</param>
internal sealed record AgentRegistration(string Name, Action<AgentBuilder> Configure);
