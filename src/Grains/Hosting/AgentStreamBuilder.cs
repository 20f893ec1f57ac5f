using AgentStream.Grains.Agents;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream;

/// <summary>Adds agents to a program that has AgentStream.</summary>
public sealed class AgentStreamBuilder
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    internal AgentStreamBuilder(IServiceCollection services) => Services = services;

    /// <summary>The program's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Adds an agent. The first one added answers prompts that name none.</summary>
    /// <param name="name">The name that prompts call it by: 1 to 128 characters, each name once.</param>
    /// <param name="configure">Says what the agent is: its model, instructions, tools.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The name breaks its rule.</exception>
    public AgentStreamBuilder AddAgent(string name, Action<AgentBuilder> configure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(configure);
        if (RunRequestRules.Agent(name) is { } broken)
        {
            throw new ArgumentException($"An agent's name {broken}, but has {name.Length}.", nameof(name));
        }

        if (!_names.Add(name))
        {
            throw new ArgumentException($"An agent named '{name}' is there already; agents need different names.", nameof(name));
        }

        Services.AddSingleton(new AgentRegistration(name, configure));
        return this;
    }
}
