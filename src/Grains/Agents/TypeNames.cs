namespace AgentStream.Grains.Agents;

/// <summary>Names of types as they stand in code.</summary>
internal static class TypeNames
{
    /// <summary>The name, without its namespace.</summary>
    public static string Of(Type type)
    {
        if (type.HasElementType)
        {
            return Of(type.GetElementType()!) + (type.IsArray ? "[]" : type.IsPointer ? "*" : "&");
        }

        var tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? type.Name : $"{type.Name[..tick]}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>";
    }
}
