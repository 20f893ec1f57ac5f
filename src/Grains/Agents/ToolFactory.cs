using System.Reflection;
using System.Text.RegularExpressions;
using AgentStream.Grains.Chat;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Agents;

/// <summary>Makes tools of methods.</summary>
internal static partial class ToolFactory
{
    private const string ReplayProperty = "agentstream.replay";

    /// <summary>Makes a tool.</summary>
    /// <param name="method">The method.</param>
    /// <param name="name">The name that the model knows; null for the method's.</param>
    /// <param name="whenInterrupted">What becomes of a call that was under way when its process died.</param>
    /// <param name="services">The program's services: parameters of their types are handed in. Null for none.</param>
    /// <exception cref="ArgumentException">The method has no name of its own, and none is given.</exception>
    /// <exception cref="NotSupportedException">A parameter can neither be written by a model nor be handed in.</exception>
    public static AIFunction Create(Delegate method, string? name, InterruptedToolCall whenInterrupted = InterruptedToolCall.Retry, IServiceProvider? services = null)
    {
        var known = new ToolServices(services);
        return AIFunctionFactory.Create(method, new AIFunctionFactoryOptions
        {
            Name = name ?? NameOf(method),
            SerializerOptions = ChatJson.SerializerOptions,

            // As it is: what becomes of a result, and how much of it, is the same for all tools.
            MarshalResult = (result, _, _) => ValueTask.FromResult(result),
            AdditionalProperties = new Dictionary<string, object?> { [ReplayProperty] = whenInterrupted },
            ConfigureParameterBinding = parameter => Bind(parameter, known),
        });
    }

    /// <summary>The name of a tool that is made of a method and given no other.</summary>
    /// <exception cref="ArgumentException">It is a lambda.</exception>
    public static string NameOf(Delegate method)
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

    /// <summary>Checks a tool that was made elsewhere of a method: what the model is to write must be something that it can.</summary>
    /// <exception cref="NotSupportedException">It is not.</exception>
    public static void Check(AIFunction function)
    {
        var written = ToolArguments.Written(function);
        foreach (var parameter in function.UnderlyingMethod?.GetParameters() ?? [])
        {
            if (written.Contains(parameter.Name!))
            {
                JsonTypes.Check(parameter, function.JsonSerializerOptions);
            }
        }
    }

    /// <summary>Whether each call of a tool must be approved, also where a wrapper hides that.</summary>
    public static bool NeedsApproval(AITool tool) => tool.GetService<ApprovalRequiredAIFunction>() is not null;

    /// <summary>What becomes of a call of a tool that was under way when its process died.</summary>
    public static InterruptedToolCall ReplayOf(AIFunction function) =>
        function.AdditionalProperties.TryGetValue(ReplayProperty, out var replay) && replay is InterruptedToolCall known ? known : InterruptedToolCall.Retry;

    /// <summary>The arguments of a call as the model wrote them, with what is handed in beside.</summary>
    public static AIFunctionArguments Arguments(IDictionary<string, object?> arguments, Deps deps, ToolCall call, IServiceProvider services) =>
        new(arguments) { Services = services, Context = new Dictionary<object, object?> { [typeof(Deps)] = deps, [typeof(ToolCall)] = call } };

    /// <summary>Where the value of a parameter comes from: the run, the services, or else the model.</summary>
    private static AIFunctionFactoryOptions.ParameterBindingOptions Bind(ParameterInfo parameter, ToolServices services)
    {
        var type = parameter.ParameterType;
        if (type == typeof(Deps) || type == typeof(ToolCall))
        {
            return new() { ExcludeFromSchema = true, BindParameter = (bound, arguments) => HandIn(bound.ParameterType, arguments) };
        }

        if (type == typeof(IServiceProvider) || type == typeof(CancellationToken) || type == typeof(AIFunctionArguments))
        {
            // The library's own.
            return default;
        }

        if (parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { } keyed)
        {
            services.CheckKey(parameter, keyed.Key);
            return new() { ExcludeFromSchema = true, BindParameter = (bound, arguments) => Scope(arguments).GetRequiredKeyedService(bound.ParameterType, keyed.Key) };
        }

        if (services.Has(type))
        {
            return new() { ExcludeFromSchema = true, BindParameter = (bound, arguments) => Scope(arguments).GetRequiredService(bound.ParameterType) };
        }

        JsonTypes.Check(parameter, ChatJson.SerializerOptions);
        return default;
    }

    private static IServiceProvider Scope(AIFunctionArguments arguments) =>
        arguments.Services ?? throw new InvalidOperationException("A tool that takes services can only be called within a run.");

    private static object HandIn(Type type, AIFunctionArguments arguments) =>
        arguments.Context?.TryGetValue(type, out var handed) == true && handed is not null
            ? handed
            : throw new InvalidOperationException($"A tool with a {type.Name} parameter can only be called within a run.");

    [GeneratedRegex(@">g__(\w+)\|")]
    private static partial Regex LocalFunction();
}
