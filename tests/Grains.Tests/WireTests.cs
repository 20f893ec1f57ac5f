using System.Reflection;

namespace AgentStream.Grains.Tests;

/// <summary>
/// What crosses silos says so in a form that outlives its names in the code: silos of two versions are one cluster while they are upgraded. Orleans would
/// name a type or member without an alias after its place in the code.
/// </summary>
public sealed class WireTests
{
    // What the compiler calls the field of a property.
    private const string BackingField = ">k__BackingField";

    private static readonly Assembly[] Rooms = [typeof(ISessionGrain).Assembly, typeof(Storage.IStreamStore).Assembly, typeof(AgentStreamBuilder).Assembly];

    // Orleans' generator adds types of its own.
    private static readonly Type[] Types = [.. Rooms.SelectMany(room => room.GetTypes()).Where(type => type.Namespace?.StartsWith("AgentStream", StringComparison.Ordinal) == true)];
    private static readonly Type[] Serialized = [.. Types.Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false))];
    private static readonly Type[] Interfaces = [.. Types.Where(type => type.IsInterface && type.IsAssignableTo(typeof(IGrain)))];

    public static TheoryData<Type> SerializedTypes => [.. Serialized];

    public static TheoryData<Type> GrainInterfaces => [.. Interfaces];

    [Theory]
    [MemberData(nameof(SerializedTypes))]
    public void A_type_that_crosses_silos_has_an_alias_and_numbers_for_all_it_holds(Type type)
    {
        Assert.Single(Aliases(type));
        Assert.Empty(Held(type).Where(member => Number(member) is null).Select(member => member.Name));
        var numbers = Held(type).Select(member => Number(member)!.Value).Order().ToList();
        Assert.Equal(Enumerable.Range(0, numbers.Count).Select(n => (uint)n), numbers);
    }

    [Theory]
    [MemberData(nameof(GrainInterfaces))]
    public void A_grain_interface_and_its_methods_have_aliases(Type type)
    {
        Assert.Single(Aliases(type));
        var methods = type.GetMethods();
        Assert.All(methods, method => Assert.Single(Aliases(method)));
        Assert.Equal(methods.Length, methods.Select(method => Aliases(method)[0]).Distinct().Count());
    }

    [Fact]
    public void No_two_have_one_alias()
    {
        var aliases = Serialized.Concat(Interfaces).SelectMany(Aliases).ToList();
        Assert.Equal(aliases.Count, aliases.Distinct().Count());
        Assert.NotEmpty(Serialized);
        Assert.NotEmpty(Interfaces);
    }

    [Theory]
    [MemberData(nameof(GrainInterfaces))]
    public void What_a_grain_method_takes_and_gives_is_among_them(Type type)
    {
        var carried = type.GetMethods()
            .SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType))
            .SelectMany(Parts)
            .Where(part => part.Namespace?.StartsWith("AgentStream", StringComparison.Ordinal) == true);
        Assert.Empty(carried.Except(Serialized));
    }

    [Fact]
    public void Every_exception_that_callers_are_told_of_is_among_them() =>
        Assert.Empty(Types.Where(type => type.IsAssignableTo(typeof(AgentStreamException)) && type.IsPublic).Except(Serialized));

    private static string[] Aliases(MemberInfo member) => [.. member.GetCustomAttributes<AliasAttribute>(inherit: false).Select(alias => alias.Alias)];

    /// <summary>What makes up a value of the type: its own fields, and for those behind a property, the property.</summary>
    private static IEnumerable<MemberInfo> Held(Type type) => type
        .GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        .Select(field => field.Name.EndsWith(BackingField, StringComparison.Ordinal)
            ? type.GetProperty(field.Name[1..^BackingField.Length], BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!
            : (MemberInfo)field);

    private static uint? Number(MemberInfo member) => member.GetCustomAttribute<IdAttribute>()?.Id;

    /// <summary>A type, and all that it is made of: elements of arrays, arguments of generic types.</summary>
    private static IEnumerable<Type> Parts(Type type) => type.HasElementType
        ? Parts(type.GetElementType()!)
        : type.GetGenericArguments().SelectMany(Parts).Append(type);
}
