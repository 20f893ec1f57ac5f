using System.Globalization;
using System.Reflection;
using System.Reflection.Metadata;

namespace AgentStream.Engine.Tests.Embedded.Surface;

/// <summary>Writes each member that can be used from outside its assembly as a line: all that a caller's source can depend on.</summary>
internal sealed class MemberLines(MetadataReader reader)
{
    public string TypeName(EntityHandle type, GenericNames names) => type.Kind switch
    {
        HandleKind.TypeDefinition => TypeNames.Instance.GetTypeFromDefinition(reader, (TypeDefinitionHandle)type),
        HandleKind.TypeReference => TypeNames.Instance.GetTypeFromReference(reader, (TypeReferenceHandle)type),
        _ => TypeNames.Instance.GetTypeFromSpecification(reader, names, (TypeSpecificationHandle)type),
    };

    public string[] ParameterNames(GenericParameterHandleCollection parameters) =>
        [.. parameters.Select(p => reader.GetString(reader.GetGenericParameter(p).Name))];

    public string EnumType(TypeDefinition type) => type.GetFields().Select(reader.GetFieldDefinition)
        .First(field => !field.Attributes.HasFlag(FieldAttributes.Static))
        .DecodeSignature(TypeNames.Instance, new GenericNames([], []));

    public bool Has(CustomAttributeHandleCollection attributes, string name) => attributes.Any(a => AttributeName(reader.GetCustomAttribute(a)) == name);

    public string Usage(TypeDefinition type)
    {
        var usage = type.GetCustomAttributes().Select(reader.GetCustomAttribute).Where(a => AttributeName(a) == "System.AttributeUsageAttribute").ToList();
        if (usage.Count == 0)
        {
            return "";
        }

        var value = usage[0].DecodeValue(TypeNames.Instance);
        var named = value.NamedArguments.ToDictionary(a => a.Name!, a => (bool)a.Value!);
        return $" usage {(AttributeTargets)(int)value.FixedArguments[0].Value!}"
            + $", AllowMultiple {named.GetValueOrDefault("AllowMultiple", false)}, Inherited {named.GetValueOrDefault("Inherited", true)}";
    }

    public string TypeParameters(GenericParameterHandleCollection parameters, GenericNames names) => string.Concat(
        parameters.Select(reader.GetGenericParameter).Select(p => $" {Variance(p)}{reader.GetString(p.Name)}: {string.Join(", ", Constraints(p, names))}"));

    public IEnumerable<string> Fields(TypeDefinition type, GenericNames names) =>
        from field in type.GetFields().Select(reader.GetFieldDefinition)
        let seen = Access((MethodAttributes)(field.Attributes & FieldAttributes.FieldAccessMask))
        where seen is not null && !field.Attributes.HasFlag(FieldAttributes.SpecialName)
        let kind = field.Attributes.HasFlag(FieldAttributes.Literal) ? "const " : field.Attributes.HasFlag(FieldAttributes.Static) ? "static " : ""
        let fixedValue = field.Attributes.HasFlag(FieldAttributes.InitOnly) ? "readonly " : ""
        let value = field.GetDefaultValue() is { IsNil: false } constant ? $" = {Constant(constant)}" : ""
        select $"{seen} {kind}{fixedValue}{field.DecodeSignature(TypeNames.Instance, names)} {reader.GetString(field.Name)}{value}";

    public IEnumerable<string> Methods(TypeDefinition type, GenericNames names)
    {
        var required = type.GetProperties().Select(reader.GetPropertyDefinition)
            .Where(p => Has(p.GetCustomAttributes(), "System.Runtime.CompilerServices.RequiredMemberAttribute"))
            .SelectMany(p => new[] { p.GetAccessors().Getter, p.GetAccessors().Setter })
            .ToHashSet();
        foreach (var handle in type.GetMethods())
        {
            var method = reader.GetMethodDefinition(handle);
            if (Access(method.Attributes & MethodAttributes.MemberAccessMask) is { } seen && reader.GetString(method.Name) != ".cctor")
            {
                yield return $"{seen} {(required.Contains(handle) ? "required " : "")}{Dispatch(method.Attributes)}{Method(method, names)}";
            }
        }
    }

    /// <summary>What is protected and internal is protected, seen from outside.</summary>
    private static string? Access(MethodAttributes access) => access switch
    {
        MethodAttributes.Public => "public",
        MethodAttributes.Family or MethodAttributes.FamORAssem => "protected",
        _ => null,
    };

    private static string Dispatch(MethodAttributes attributes)
    {
        var isNew = attributes.HasFlag(MethodAttributes.NewSlot);
        var isStatic = attributes.HasFlag(MethodAttributes.Static) ? "static " : "";
        return isStatic + attributes switch
        {
            _ when attributes.HasFlag(MethodAttributes.Abstract) => isNew || isStatic.Length > 0 ? "abstract " : "abstract override ",
            _ when !attributes.HasFlag(MethodAttributes.Virtual) => "",

            // Virtual only so that an interface can call it.
            _ when attributes.HasFlag(MethodAttributes.Final) => isNew ? "" : "sealed override ",
            _ => isNew ? "virtual " : "override ",
        };
    }

    private static string Variance(GenericParameter parameter) => (parameter.Attributes & GenericParameterAttributes.VarianceMask) switch
    {
        GenericParameterAttributes.Covariant => "out ",
        GenericParameterAttributes.Contravariant => "in ",
        _ => "",
    };

    private string Method(MethodDefinition method, GenericNames names)
    {
        var generic = method.GetGenericParameters();
        names = names with { OfMethod = ParameterNames(generic) };
        var signature = method.DecodeSignature(TypeNames.Instance, names);
        var parameters = method.GetParameters().Select(reader.GetParameter).Where(p => p.SequenceNumber > 0).ToDictionary(p => p.SequenceNumber - 1);
        var isExtension = Has(method.GetCustomAttributes(), "System.Runtime.CompilerServices.ExtensionAttribute");
        var setsRequired = Has(method.GetCustomAttributes(), "System.Diagnostics.CodeAnalysis.SetsRequiredMembersAttribute") ? " sets required members" : "";
        var written = signature.ParameterTypes.Select((type, i) => (isExtension && i == 0 ? "this " : "") + Parameter(type, parameters[i]));
        return $"{signature.ReturnType} {reader.GetString(method.Name)}({string.Join(", ", written)}){TypeParameters(generic, names)}{setsRequired}";
    }

    private string Parameter(string type, Parameter parameter)
    {
        var isParams = Has(parameter.GetCustomAttributes(), "System.ParamArrayAttribute") ? "params " : "";
        var direction = parameter.Attributes.HasFlag(ParameterAttributes.Out) ? "out " : parameter.Attributes.HasFlag(ParameterAttributes.In) ? "in " : "";
        var value = !parameter.Attributes.HasFlag(ParameterAttributes.Optional) ? ""
            : parameter.GetDefaultValue() is { IsNil: false } constant ? $" = {Constant(constant)}" : " = default";
        return $"{isParams}{direction}{type} {reader.GetString(parameter.Name)}{value}";
    }

    private IEnumerable<string> Constraints(GenericParameter parameter, GenericNames names)
    {
        var special = parameter.Attributes & GenericParameterAttributes.SpecialConstraintMask;
        return parameter.GetConstraints().Select(c => TypeName(reader.GetGenericParameterConstraint(c).Type, names))
            .Prepend(special == GenericParameterAttributes.None ? "" : special.ToString())
            .Where(text => text.Length > 0);
    }

    private string Constant(ConstantHandle handle)
    {
        var constant = reader.GetConstant(handle);
        var value = reader.GetBlobReader(constant.Value).ReadConstant(constant.TypeCode);
        return value is string text ? $"\"{text}\"" : Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } shown ? shown : "null";
    }

    private string AttributeName(CustomAttribute attribute)
    {
        var names = new GenericNames([], []);
        return attribute.Constructor.Kind == HandleKind.MethodDefinition
            ? TypeName(reader.GetMethodDefinition((MethodDefinitionHandle)attribute.Constructor).GetDeclaringType(), names)
            : TypeName(reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent, names);
    }
}
