using System.Text.RegularExpressions;
using AgentStream.Grains.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Agents;

/// <summary>Makes tools of methods.</summary>
internal static partial class ToolFactory
{
    /// <summary>Why a tool that needs approval is refused.</summary>
    public const string NoApprovals = "needs approval before each call, and calls cannot be approved yet: give the agent the function without its ApprovalRequiredAIFunction";

    private const string ReplayProperty = "agentstream.replay";

    public static AIFunction Create(Delegate method, string? name, Replay replay = Replay.Again) => AIFunctionFactory.Create(method, new AIFunctionFactoryOptions
    {
        Name = name ?? NameOf(method),
        SerializerOptions = JsonValues.SerializerOptions,

        // As it is: what becomes of a result, and how much of it, is the same for all tools.
        MarshalResult = (result, _, _) => ValueTask.FromResult(result),
        AdditionalProperties = new Dictionary<string, object?> { [ReplayProperty] = replay },
        ConfigureParameterBinding = parameter => parameter.ParameterType == typeof(Deps) || parameter.ParameterType == typeof(ToolCall)
            ? new() { ExcludeFromSchema = true, BindParameter = (bound, arguments) => HandIn(bound.ParameterType, arguments) }
            : default,
    });

    /// <summary>Whether each call of a tool must be approved, also where a wrapper hides that.</summary>
    public static bool NeedsApproval(AITool tool) => tool.GetService<ApprovalRequiredAIFunction>() is not null;

    /// <summary>What becomes of a call of a tool that was under way when its process died.</summary>
    public static Replay ReplayOf(AIFunction function) =>
        function.AdditionalProperties.TryGetValue(ReplayProperty, out var replay) && replay is Replay known ? known : Replay.Again;

    /// <summary>The arguments of a call as the model wrote them, with what is handed in beside.</summary>
    public static AIFunctionArguments Arguments(IDictionary<string, object?> arguments, Deps deps, ToolCall call, IServiceProvider services) =>
        new(arguments) { Services = services, Context = new Dictionary<object, object?> { [typeof(Deps)] = deps, [typeof(ToolCall)] = call } };

    private static object HandIn(Type type, AIFunctionArguments arguments) =>
        arguments.Context?.TryGetValue(type, out var handed) == true && handed is not null
            ? handed
            : throw new InvalidOperationException($"A tool with a {type.Name} parameter can only be called within a run.");

    private static string NameOf(Delegate method)
    {
        var name = method.Method.Name;
        if (name.Contains('<', StringComparison.Ordinal))
        {
            // The compiler calls a local function <Main>$>g__GetWeather|0_0, and a lambda <Main>$>b__0_0.
            var local = LocalFunction().Match(name);
            name = local.Success
                ? local.Groups[1].Value
                : throw new ArgumentException("A lambda has no name that a model could call it by: give the tool a name.", nameof(method));
        }

        return name.Length > 5 && name.EndsWith("Async", StringComparison.Ordinal) ? name[..^5] : name;
    }

    [GeneratedRegex(@">g__(\w+)\|")]
    private static partial Regex LocalFunction();
}
