using System.Text.Json;
using AgentStream.Grains.Chat;
using AgentStream.Grains.Output;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Agents;

/// <summary>
/// The tools that a client gives with a prompt, next to an agent's own. None takes the name of a tool of the silo: the call would be the client's to answer, and no approval would be asked for.
/// </summary>
internal static class GivenTools
{
    /// <summary>How long a prompt waits for the agent's sources to say what they have.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The given tools that the agent does not have, as the model is told of them.</summary>
    /// <param name="own">The agent's tools. One that it declares for the client counts for more than the client's own of the same name.</param>
    /// <param name="given">The client's.</param>
    /// <param name="onTaken">Told of a tool of the agent whose name is given.</param>
    public static List<AITool> Besides(IReadOnlyList<AITool> own, IReadOnlyList<ClientTool> given, Action<AITool> onTaken)
    {
        var tools = new List<AITool>();
        foreach (var tool in given)
        {
            if (Taken(own, tool) is { } taken)
            {
                onTaken(taken);
            }
            else if (!own.Any(declared => declared.Name == tool.Name))
            {
                tools.Add(AIFunctionFactory.CreateDeclaration(tool.Name, tool.Description ?? "", SchemaOf(tool)));
            }
        }

        return tools;
    }

    /// <summary>Refuses a prompt with tools that have the name of one of the agent's. A source that does not say in time what it has is asked again by the run.</summary>
    /// <exception cref="InvalidInputException">One has; the exception names the field.</exception>
    public static async Task CheckAsync(Agent agent, IReadOnlyList<ClientTool>? given, TimeProvider time)
    {
        if (given is not { Count: > 0 })
        {
            return;
        }

        var own = agent.Sources.Count == 0 ? agent.Tools : (await TryFindAsync(agent, time) ?? agent).Tools;
        foreach (var (at, tool) in given.Index())
        {
            if (Taken(own, tool) is not null)
            {
                throw new InvalidInputException(
                    $"{Protocol.Fields.Tools}[{at}].{Protocol.Fields.Name}", $"must not be the name of a tool that the agent has, but is '{tool.Name}'");
            }
        }
    }

    /// <summary>Refuses options to which a tool was added that has the name of a tool of the client.</summary>
    /// <exception cref="RunException">One was.</exception>
    public static void ThrowIfShadowed(ChatOptions options, IReadOnlySet<string> clientTools)
    {
        var sameName = options.Tools?.GroupBy(tool => WireNames.OfTool(tool.Name)).FirstOrDefault(same => same.Count() > 1 && same.Any(tool => clientTools.Contains(tool.Name)));
        if (sameName is { Key: var name })
        {
            throw new RunException($"two tools are named '{name}', one of the client and one of the agent's options; tools need different names", FailureReasons.ToolFailed);
        }
    }

    // By the name that the model knows, too: that is the one it calls.
    private static AITool? Taken(IReadOnlyList<AITool> own, ClientTool given) =>
        own.FirstOrDefault(tool => tool.Name == given.Name ? !IsDeclaredForClient(tool) : WireNames.OfTool(tool.Name) == given.Name);

    private static bool IsDeclaredForClient(AITool tool) => tool is AIFunctionDeclaration and not AIFunction;

    private static async Task<Agent?> TryFindAsync(Agent agent, TimeProvider time)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            return await agent.ForRunAsync([], caller: null, patience.Token).AsTask().WaitAsync(patience.Token);
        }
#pragma warning disable CA1031 // The run asks again, and says what is wrong.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    private static JsonElement SchemaOf(ClientTool tool) =>
        tool.Parameters is null ? JsonElement.Parse("""{"type":"object","properties":{}}""") : JsonElement.Parse(tool.Parameters, JsonValues.Reading);
}
