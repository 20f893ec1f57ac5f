using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace AgentStream.Engine.Tests.Embedded.Surface;

/// <summary>A type as others see it: what it is, and a line for each member that they can use.</summary>
internal sealed record TypeSurface(string Name, string Declaration, IReadOnlyList<string> Members);

/// <summary>Reads what an assembly shows to others, off its metadata.</summary>
internal sealed class AssemblySurface
{
    private readonly MetadataReader _reader;
    private readonly MemberLines _lines;

    private AssemblySurface(MetadataReader reader) => (_reader, _lines) = (reader, new MemberLines(reader));

    public static IReadOnlyList<TypeSurface> Read(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        return new AssemblySurface(file.GetMetadataReader()).Types();
    }

    private static bool IsSeen(TypeAttributes attributes) => (attributes & TypeAttributes.VisibilityMask)
        is TypeAttributes.Public or TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem;

    private List<TypeSurface> Types() => [.. _reader.TypeDefinitions.Where(IsSeenFromOutside).Select(Read)];

    private bool IsSeenFromOutside(TypeDefinitionHandle handle)
    {
        var type = _reader.GetTypeDefinition(handle);
        return IsSeen(type.Attributes) && (type.GetDeclaringType() is not { IsNil: false } outer || IsSeenFromOutside(outer));
    }

    private TypeSurface Read(TypeDefinitionHandle handle)
    {
        var type = _reader.GetTypeDefinition(handle);
        var names = new GenericNames(_lines.ParameterNames(type.GetGenericParameters()), []);
        var arity = names.OfType.Length == 0 ? "" : $"`{names.OfType.Length}";
        var members = type.GetInterfaceImplementations()
            .Select(i => $"implements {_lines.TypeName(_reader.GetInterfaceImplementation(i).Interface, names)}")
            .Concat(_lines.Fields(type, names))
            .Concat(_lines.Methods(type, names))
            .ToList();
        return new TypeSurface(TypeNames.Instance.GetTypeFromDefinition(_reader, handle) + arity, Declaration(type, names), members);
    }

    private string Declaration(TypeDefinition type, GenericNames names)
    {
        var attributes = type.Attributes;
        var baseType = type.BaseType.IsNil ? null : _lines.TypeName(type.BaseType, names);
        var text = (baseType, attributes) switch
        {
            ("System.Enum", _) => $"enum : {_lines.EnumType(type)}",
            ("System.ValueType", _) => _lines.Has(type.GetCustomAttributes(), "System.Runtime.CompilerServices.IsReadOnlyAttribute") ? "readonly struct" : "struct",
            (null, _) => "interface",
            _ => $"{Kind(attributes)}class : {baseType}",
        };
        return text + _lines.TypeParameters(type.GetGenericParameters(), names) + _lines.Usage(type);
    }

    private static string Kind(TypeAttributes attributes) =>
        (attributes.HasFlag(TypeAttributes.Abstract), attributes.HasFlag(TypeAttributes.Sealed)) switch
        {
            (true, true) => "static ",
            (true, false) => "abstract ",
            (false, true) => "sealed ",
            _ => "",
        };
}
