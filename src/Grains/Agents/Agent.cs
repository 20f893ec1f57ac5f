using AgentStream.Grains.Agents;
using AgentStream.Grains.Chat;
using AgentStream.Grains.Output;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.AI;

namespace AgentStream;

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
        AgentBounds bounds,
        ApprovalPolicy? approval,
        Action<ChatOptions>? configure)
    {
        (Name, Client, Instructions, _tools, Sources, Bounds, Approval, _configure) = (name, client, instructions, tools, sources, bounds, approval, configure);
        ClientTools = _tools.Where(tool => tool is AIFunctionDeclaration and not AIFunction).Select(tool => tool.Name).ToHashSet(StringComparer.Ordinal);
        Functions = _tools.OfType<AIFunction>().ToDictionary(f => f.Name, StringComparer.Ordinal);
        Rules = new InputRules(client, bounds.MaxToolResult, bounds.TrustsImports);
    }

    /// <summary>The name under which it is registered.</summary>
    public string Name { get; }

    /// <summary>The model.</summary>
    public IChatClient Client { get; }

    /// <summary>What the model is told before everything else; null for nothing, and for what depends on session and user.</summary>
    public string? Instructions { get; }

    /// <summary>The tools that are called here, by the name that the model knows.</summary>
    internal IReadOnlyDictionary<string, AIFunction> Functions { get; }

    /// <summary>The tools that the client carries out.</summary>
    internal IReadOnlySet<string> ClientTools { get; }

    /// <summary>Decides which calls need a person; null for those whose tools say so.</summary>
    internal ApprovalPolicy? Approval { get; }

    /// <summary>What the agent's answers, results and requests are held to.</summary>
    internal AgentBounds Bounds { get; }

    /// <summary>Who may use it.</summary>
    internal AgentAccess Access { get; init; } = AgentAccess.Anybody;

    /// <summary>Makes the instructions that depend on session and user; null where they do not.</summary>
    internal Func<Deps, string?>? Instruct { get; init; }

    /// <summary>Whether the model gives sessions titles.</summary>
    internal bool GeneratesTitles { get; init; }

    /// <summary>What may be sent to the model.</summary>
    internal InputRules Rules { get; }

    /// <summary>The agent's own tools, without those of its sources.</summary>
    internal IReadOnlyList<AITool> Tools => _tools;

    /// <summary>Who has further tools.</summary>
    internal IReadOnlyList<NamedToolSource> Sources { get; }

    /// <summary>The agent as one run knows it: with the tools that its sources have now and those that the client gave with the prompt, without those that its user may not use, and no sources.</summary>
    /// <param name="given">The tools of the client.</param>
    /// <param name="caller">The user; null to have the tools of all users.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RunException">Two tools have one name.</exception>
    internal async ValueTask<Agent> ForRunAsync(IReadOnlyList<ClientTool> given, RunCaller? caller, CancellationToken cancellationToken)
    {
        if (Sources.Count == 0 && given.Count == 0 && Access.ToolPolicies.Count == 0)
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
                throw TwoTools(tool.Name, owners[tool.Name], source);
            }

            tools.Add(tool);
        }

        tools.AddRange(GivenTools.Besides(tools, given, taken => throw TwoTools(taken.Name, owners[taken.Name], "the client")));
        tools.RemoveAll(tool => caller is not null && !Access.Allows(tool.Name, caller));
        return new Agent(Name, Client, Instructions, tools, [], Bounds, Approval, _configure) { Instruct = Instruct };
    }

    /// <summary>One request to the model: the messages and new options.</summary>
    /// <param name="history">The history as chat messages.</param>
    /// <param name="deps">The session and the user.</param>
    internal (IReadOnlyList<ChatMessage> Messages, ChatOptions Options) NewRequest(IEnumerable<ChatMessage> history, Deps deps)
    {
        var options = new ChatOptions { Instructions = Instruct is null ? Instructions : Instruct(deps), Tools = _tools.Count == 0 ? null : [.. _tools.Select(Told)] };
        if (_configure is not null)
        {
            _configure(options);
            GivenTools.ThrowIfShadowed(options, ClientTools);
        }

        RenamedTool.Apply(options);
        var input = ModelInput.Of(history, options.Instructions, Rules);
        options.Instructions = input.Instructions;
        return (input.Messages, options);
    }

    /// <summary>The options of a request that is not the user's: what the agent sets of the model, without instructions and tools.</summary>
    /// <param name="maxTokens">The most tokens of the answer.</param>
    internal ChatOptions NewPlainOptions(int maxTokens)
    {
        var options = new ChatOptions();
        _configure?.Invoke(options);
        (options.Instructions, options.Tools, options.ToolMode, options.AllowMultipleToolCalls, options.ResponseFormat, options.ConversationId) = (null, null, null, null, null, null);
        options.MaxOutputTokens = Math.Min(options.MaxOutputTokens ?? maxTokens, maxTokens);
        return options;
    }

    private static RunException TwoTools(string name, string one, string other) =>
        new($"two tools are named '{name}', one of {one} and one of {other}; tools need different names", FailureReasons.ToolFailed);

    /// <summary>A tool's own name, by the one that the model knows.</summary>
    internal string ToolNameOf(string told) =>
        Functions.ContainsKey(told) || ClientTools.Contains(told) ? told : Functions.Keys.Concat(ClientTools).FirstOrDefault(name => WireNames.OfTool(name) == told) ?? told;

    /// <summary>A tool as the chat client gets it. One that makes calls by itself must not make those that may need a person.</summary>
    private AITool Told(AITool tool) =>
        tool is AIFunction function && (Approval is not null || ToolFactory.NeedsApproval(function)) ? function.AsDeclarationOnly() : tool;
}

/// <summary>What an agent's answers, results and requests are held to.</summary>
/// <param name="MaxToolResult">The most bytes of a tool's result.</param>
/// <param name="NeedsFinishReason">Whether an answer without a finish reason broke off.</param>
/// <param name="TrustsImports">Whether system prompts and links of imported histories are sent to the model.</param>
/// <param name="ApprovalTimeout">How long a call waits for somebody; infinite for as long as it takes; null for what the settings say.</param>
internal sealed record AgentBounds(int MaxToolResult, bool NeedsFinishReason, bool TrustsImports = false, TimeSpan? ApprovalTimeout = null);
