using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace AgentStream.Engine.Tests.Embedded.Surface;

/// <summary>
/// Writes the types in a signature as text. Nothing is resolved, so the assemblies that an assembly refers to need not be there.
/// </summary>
internal sealed class TypeNames : ISignatureTypeProvider<string, GenericNames>, ICustomAttributeTypeProvider<string>
{
    public static readonly TypeNames Instance = new();

    public string GetPrimitiveType(PrimitiveTypeCode typeCode) => $"System.{typeCode}";

    public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind = 0)
    {
        var type = reader.GetTypeDefinition(handle);
        var name = WithoutArity(reader.GetString(type.Name));
        return type.GetDeclaringType() is { IsNil: false } outer
            ? $"{GetTypeFromDefinition(reader, outer)}.{name}"
            : Qualified(reader.GetString(type.Namespace), name);
    }

    public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind = 0)
    {
        var type = reader.GetTypeReference(handle);
        var name = WithoutArity(reader.GetString(type.Name));
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{GetTypeFromReference(reader, (TypeReferenceHandle)type.ResolutionScope)}.{name}"
            : Qualified(reader.GetString(type.Namespace), name);
    }

    public string GetTypeFromSpecification(MetadataReader reader, GenericNames genericContext, TypeSpecificationHandle handle, byte rawTypeKind = 0) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) => $"{genericType}<{string.Join(", ", typeArguments)}>";

    public string GetGenericTypeParameter(GenericNames genericContext, int index) => genericContext.OfType[index];

    public string GetGenericMethodParameter(GenericNames genericContext, int index) => genericContext.OfMethod[index];

    public string GetSZArrayType(string elementType) => $"{elementType}[]";

    public string GetArrayType(string elementType, ArrayShape shape) => $"{elementType}[{new string(',', shape.Rank - 1)}]";

    public string GetByReferenceType(string elementType) => $"{elementType}&";

    public string GetPointerType(string elementType) => $"{elementType}*";

    public string GetPinnedType(string elementType) => elementType;

    /// <summary>An <c>init</c> accessor, say, differs from <c>set</c> in such a modifier alone.</summary>
    public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) =>
        isRequired ? $"{unmodifiedType} modreq({modifier})" : unmodifiedType;

    public string GetFunctionPointerType(MethodSignature<string> signature) => $"({string.Join(", ", signature.ParameterTypes)}) => {signature.ReturnType}";

    string ICustomAttributeTypeProvider<string>.GetSystemType() => "System.Type";

    bool ICustomAttributeTypeProvider<string>.IsSystemType(string type) => type == "System.Type";

    string ICustomAttributeTypeProvider<string>.GetTypeFromSerializedName(string name) => name;

    /// <summary>Of the attributes whose values are read, the only enumeration is <see cref="AttributeTargets"/>.</summary>
    PrimitiveTypeCode ICustomAttributeTypeProvider<string>.GetUnderlyingEnumType(string type) => PrimitiveTypeCode.Int32;

    private static string WithoutArity(string name) => name.Split('`')[0];

    private static string Qualified(string space, string name) => space.Length == 0 ? name : $"{space}.{name}";
}

/// <summary>The names of the type parameters that a signature may mention.</summary>
internal sealed record GenericNames(string[] OfType, string[] OfMethod);
