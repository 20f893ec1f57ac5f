using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Agents;

/// <summary>What a model wrote for a tool's parameters, beside what the tool's schema asks for.</summary>
internal static class ToolArguments
{
    /// <summary>The parameters that the model writes.</summary>
    public static IReadOnlySet<string> Written(AIFunction function) =>
        function.JsonSchema.ValueKind == JsonValueKind.Object && function.JsonSchema.TryGetProperty("properties", out var properties)
            ? properties.EnumerateObject().Select(property => property.Name).ToHashSet(StringComparer.Ordinal)
            : [];

    /// <summary>Why a call of a method could not be made as the model wrote it; null when that is not what went wrong.</summary>
    public static string? Fault(AIFunction function, IReadOnlyDictionary<string, object?> arguments)
    {
        var schema = function.JsonSchema;
        if (function.UnderlyingMethod is not { } method || schema.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(name => name.GetString()!) : [];
        if (required.FirstOrDefault(name => !arguments.ContainsKey(name)) is { } missing)
        {
            return $"The required argument '{missing}' of {function.Name} is missing.";
        }

        foreach (var parameter in method.GetParameters())
        {
            if (arguments.GetValueOrDefault(parameter.Name!) is JsonElement value
                && schema.TryGetProperty("properties", out var properties)
                && properties.TryGetProperty(parameter.Name!, out var wanted)
                && !CanBe(value, parameter.ParameterType, function.JsonSerializerOptions))
            {
                return $"The argument '{parameter.Name}' of {function.Name} does not fit its schema: {wanted.GetRawText()}";
            }
        }

        return null;
    }

    private static bool CanBe(JsonElement value, Type type, JsonSerializerOptions options)
    {
        try
        {
            _ = value.Deserialize(type, options);
            return true;
        }
        catch (Exception)
        {
            // Also what a converter or a constructor throws: it was the argument that made it.
            return false;
        }
    }
}
