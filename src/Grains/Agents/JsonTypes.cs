using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AgentStream.Grains.Agents;

/// <summary>
/// Tells which types a model can write. A schema can be made of nearly any type, and of a <c>DbContext</c> it is kilobytes of nonsense that the model pays for and that no call can follow.
/// </summary>
internal static class JsonTypes
{
    /// <summary>Checks that a parameter's value can be read from JSON.</summary>
    /// <exception cref="NotSupportedException">It cannot; the message is the rest of a sentence about the tool.</exception>
    public static void Check(ParameterInfo parameter, JsonSerializerOptions options)
    {
        if (!CanBeRead(parameter.ParameterType, options))
        {
            var type = TypeNames.Of(parameter.ParameterType);
            throw new NotSupportedException(
                $"its parameter '{parameter.Name}' is of the type {type}, which a model cannot write as JSON: register {type} in the program's services, or take another type");
        }
    }

    private static bool CanBeRead(Type type, JsonSerializerOptions options)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsByRef || type.IsByRefLike || type.IsPointer || type.IsFunctionPointer || type == typeof(nint) || type == typeof(nuint)
            || type.IsAssignableTo(typeof(Delegate)) || type.IsAssignableTo(typeof(MemberInfo)) || type.IsAssignableTo(typeof(Exception)))
        {
            return false;
        }

        JsonTypeInfo json;
        try
        {
            json = options.GetTypeInfo(type);
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException or ArgumentException)
        {
            return false;
        }

        return json.Kind switch
        {
            // A converter reads it, of the library or of the program.
            JsonTypeInfoKind.None => true,

            // What has to be disposed of is a thing, not data: contexts, streams, sources, clients.
            _ when type.IsAssignableTo(typeof(IDisposable)) || type.IsAssignableTo(typeof(IAsyncDisposable)) => false,
            JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary => CanBeFilled(type, json) && (json.ElementType is null || CanBeRead(json.ElementType, options)),
            _ => CanBeMade(json),
        };
    }

    /// <summary>Of interfaces, those that a list, a set or a dictionary is.</summary>
    private static bool CanBeFilled(Type type, JsonTypeInfo json)
    {
        if (!type.IsInterface && !type.IsAbstract)
        {
            return true;
        }

        if (type.IsArray || json.CreateObject is not null || type.Namespace == "System.Collections.Immutable")
        {
            return true;
        }

        var element = json.ElementType ?? typeof(object);
        return type.IsAssignableFrom(json.Kind == JsonTypeInfoKind.Dictionary && json.KeyType is { } key
            ? typeof(Dictionary<,>).MakeGenericType(key, element)
            : typeof(List<>).MakeGenericType(element))
            || type.IsAssignableFrom(typeof(HashSet<>).MakeGenericType(element));
    }

    /// <summary>Whether there is a constructor that JSON can call: one without parameters, or one whose parameters are all properties.</summary>
    private static bool CanBeMade(JsonTypeInfo json) =>
        json.CreateObject is not null
        || json.PolymorphismOptions is { DerivedTypes.Count: > 0 }
        || (json.ConstructorAttributeProvider is ConstructorInfo { DeclaringType.IsAbstract: false } constructor
            && constructor.GetParameters().Length == json.Properties.Count(property => property.AssociatedParameter is not null));
}
