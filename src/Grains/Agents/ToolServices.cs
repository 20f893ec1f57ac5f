using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Agents;

/// <summary>Which types of parameters the program has services for.</summary>
internal sealed class ToolServices(IServiceProvider? services)
{
    private readonly IServiceProviderIsService? _known = services?.GetService<IServiceProviderIsService>();

    /// <summary>Whether there is a service of a type. Values and strings are the model's to write.</summary>
    public bool Has(Type type)
    {
        if (_known is null || type.IsValueType || type.IsByRef || type.IsPointer || type == typeof(string))
        {
            return false;
        }

        // The provider has a list of anything, mostly an empty one.
        return type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>) ? Has(type.GetGenericArguments()[0]) : _known.IsService(type);
    }

    /// <summary>Checks that there is a service of a key.</summary>
    /// <exception cref="NotSupportedException">There is none.</exception>
    public void CheckKey(ParameterInfo parameter, object? key)
    {
        var type = parameter.ParameterType;
        if (_known is not IServiceProviderIsKeyedService keyed || !keyed.IsKeyedService(type, key))
        {
            throw new NotSupportedException(
                $"its parameter '{parameter.Name}' is to be the {TypeNames.Of(type)} with the key '{key}', which is not registered: register it in the program's services");
        }
    }
}
