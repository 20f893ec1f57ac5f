using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Agents;

/// <summary>An agent: a model, what it is told, and the tools it may call.</summary>
public sealed class Agent
{
    private readonly Action<ChatOptions>? _configure;
    private readonly List<AITool> _tools;

    internal Agent(string name, IChatClient client, string? instructions, IEnumerable<AITool> tools, Action<ChatOptions>? configure)
    {
        (Name, Client, Instructions, _tools, _configure) = (name, client, instructions, [.. tools], configure);
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

    /// <summary>New options for one request to the model.</summary>
    internal ChatOptions NewChatOptions()
    {
        var options = new ChatOptions { Instructions = Instructions, Tools = _tools.Count == 0 ? null : [.. _tools] };
        _configure?.Invoke(options);
        return options;
    }
}
