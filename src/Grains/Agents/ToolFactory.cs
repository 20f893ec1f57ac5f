using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Agents;

/// <summary>Makes tools of methods.</summary>
internal static partial class ToolFactory
{
    public static AIFunction Create(Delegate method, string? name) => AIFunctionFactory.Create(method, new AIFunctionFactoryOptions
    {
        Name = name ?? NameOf(method),
        ConfigureParameterBinding = parameter => parameter.ParameterType == typeof(Deps)
            ? new() { ExcludeFromSchema = true, BindParameter = (_, arguments) => DepsOf(arguments) }
            : default,
    });

    /// <summary>The arguments of a call as the model wrote them, with what is handed in beside.</summary>
    public static AIFunctionArguments Arguments(IDictionary<string, object?> arguments, Deps deps, IServiceProvider services) =>
        new(arguments) { Services = services, Context = new Dictionary<object, object?> { [typeof(Deps)] = deps } };

    private static Deps DepsOf(AIFunctionArguments arguments) =>
        arguments.Context?.TryGetValue(typeof(Deps), out var deps) == true && deps is Deps found
            ? found
            : throw new InvalidOperationException("A tool with a Deps parameter can only be called within a run.");

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
