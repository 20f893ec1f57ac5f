namespace AgentStream.Grains.Agents;

/// <summary>The agents of a silo, by name. Their tools are made at the start of the program, their models and tool sources when they are first asked for.</summary>
internal sealed class AgentCatalog(IEnumerable<AgentRegistration> registrations, IServiceProvider services)
{
    private readonly List<Entry> _entries = [.. registrations.Select(registration => new Entry(registration, services))];

    /// <summary>Whether no agent is registered: this process runs agents of its own making, or none.</summary>
    public bool IsEmpty => _entries.Count == 0;

    /// <summary>Finds an agent.</summary>
    /// <param name="name">Its name; null for the one that was registered first.</param>
    /// <exception cref="UnknownAgentException">There is none.</exception>
    public Agent Get(string? name)
    {
        var found = _entries.Find(e => name is null || e.Name == name);
        return found is null
            ? throw new UnknownAgentException(name ?? "(default)", _entries.Count == 0 ? "none" : string.Join(", ", _entries.Select(e => e.Name)))
            : found.Agent;
    }

    /// <summary>Sets up every agent, and makes its tools.</summary>
    /// <exception cref="InvalidOperationException">A tool cannot be made.</exception>
    public void Check() => _entries.ForEach(entry => entry.Check());

    /// <summary>Whether calls of an agent have a time of their own to wait.</summary>
    public bool HaveApprovalTimeouts => _entries.Exists(entry => entry.Bounds.ApprovalTimeout is { } timeout && timeout != Timeout.InfiniteTimeSpan);

    /// <summary>Who may use which agent.</summary>
    public IEnumerable<(string Name, AgentAccess Access)> Accesses => _entries.Select(entry => (entry.Name, entry.Access));

    private sealed class Entry
    {
        private readonly Lazy<AgentBuilder> _builder;
        private readonly Lazy<Agent> _agent;

        public Entry(AgentRegistration registration, IServiceProvider services)
        {
            Name = registration.Name;
            _builder = new(() => SetUp(registration, services));
            _agent = new(() => _builder.Value.Build(registration.Name, services));
        }

        public string Name { get; }

        public Agent Agent => _agent.Value;

        public AgentBounds Bounds => _builder.Value.Bounds;

        public AgentAccess Access => _builder.Value.Access;

        public void Check() => _ = _builder.Value;

        private static AgentBuilder SetUp(AgentRegistration registration, IServiceProvider services)
        {
            var builder = new AgentBuilder();
            registration.Configure(builder);
            builder.MakeTools(registration.Name, services);
            builder.CheckAccess(registration.Name);
            return builder;
        }
    }
}

/// <summary>An agent that was registered.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Configure">Says what it is.</param>
internal sealed record AgentRegistration(string Name, Action<AgentBuilder> Configure);
