using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Agents;

/// <summary>An agent: a model, what it is told, and the tools it may call.</summary>
public sealed class Agent
{
    private readonly Action<ChatOptions>? _configure;
    private readonly IReadOnlyList<AITool> _tools;

    internal Agent(
        string name,
        IChatClient client,
        string? instructions,
        IReadOnlyList<AITool> tools,
        IReadOnlyList<NamedToolSource> sources,
        Action<ChatOptions>? configure)
    {
        (Name, Client, Instructions, _tools, Sources, _configure) = (name, client, instructions, tools, sources, configure);
        Functions = _tools.OfType<AIFunction>().ToDictionary(f => f.Name, StringComparer.Ordinal);
    }

    /// <summary>The name under which it is registered.</summary>
    public string Name { get; }

    /// <summary>The model.</summary>
    public IChatClient Client { get; }

    /// <summary>What the model is told before everything else; null for nothing.</summary>
    public string? Instructions { get; }

    /// <summary>The tools that are called here, by the name that the model knows.</summary>
    internal IReadOnlyDictionary<string, AIFunction> Functions { get; }

    /// <summary>Who has further tools.</summary>
    internal IReadOnlyList<NamedToolSource> Sources { get; }

    /// <summary>The agent as one run knows it: with the tools that its sources have now, and no sources.</summary>
    /// <exception cref="InvalidOperationException">Two tools have one name.</exception>
    internal async ValueTask<Agent> ForRunAsync(CancellationToken cancellationToken)
    {
        if (Sources.Count == 0)
        {
            return this;
        }

        var found = await Task.WhenAll(Sources.Select(s => s.Source.GetToolsAsync(cancellationToken).AsTask()));
        var tools = _tools.ToList();
        var owners = _tools.ToDictionary(t => t.Name, _ => "the agent", StringComparer.Ordinal);
        foreach (var (source, tool) in Sources.Zip(found).SelectMany(pair => pair.Second.Select(tool => (pair.First.Name, tool))))
        {
            if (!owners.TryAdd(tool.Name, source))
            {
                throw new InvalidOperationException(
                    $"two tools are named '{tool.Name}', one of {owners[tool.Name]} and one of {source}; tools need different names");
            }

            tools.Add(tool);
        }

        return new Agent(Name, Client, Instructions, tools, [], _configure);
    }

    /// <summary>New options for one request to the model.</summary>
    internal ChatOptions NewChatOptions()
    {
        var options = new ChatOptions { Instructions = Instructions, Tools = _tools.Count == 0 ? null : [.. _tools] };
        _configure?.Invoke(options);
        return options;
    }
}
