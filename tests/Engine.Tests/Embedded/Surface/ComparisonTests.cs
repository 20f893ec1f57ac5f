namespace AgentStream.Engine.Tests.Embedded.Surface;

/// <summary>The comparison finds every kind of difference, and nothing else.</summary>
public sealed class ComparisonTests
{
    private static readonly IReadOnlyList<TypeSurface> Planted = AssemblySurface.Read(typeof(ComparisonTests).Assembly.Location);

    [Fact]
    public void Each_planted_difference_is_found()
    {
        string[] expected =
        [
            "Base is class : System.Collections.Generic.List<System.Int32>",
            "Box`1 is class : System.Object T: ReferenceTypeConstraint",
            "IMore: implements System.IDisposable",
            "Kind is class : System.Object",
            "Members: public System.Int32 Returned()",
            "Members: public System.Int32 get_Required()",
            "Members: public System.Void Access()",
            "Members: public System.Void ByReference(in System.Int32& a)",
            "Members: public System.Void Default(System.Int32 a = 1)",
            "Members: public System.Void Generic() T: System.IDisposable",
            "Members: public System.Void ManyOf(params System.Int32[] a)",
            "Members: public System.Void OnlyOurs()",
            "Members: public System.Void Optional(System.Int32 a = 1)",
            "Members: public System.Void ParameterName(System.Int32 ours)",
            "Members: public System.Void ParameterType(System.Collections.Generic.List<System.Int32> a)",
            "Members: public System.Void set_Initialized(System.Int32 value)",
            "Members: public System.Void set_Settable(System.Int32 value)",
            "Members: public System.Void modreq(System.Runtime.CompilerServices.IsExternalInit) set_Required(System.Int32 value)",
            "Members: public const System.Int32 Value = 1",
            "Members: public static System.Void Static()",
            "Members: public virtual System.Void Virtual()",
            "Number: public const Number Two = 2",
            "OnlyOurs",
            "UsageAttribute is sealed class : System.Attribute usage Class, AllowMultiple False, Inherited False",
        ];
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            SurfaceComparison.Compare(In("Ours."), In("Theirs.")).Select(d => d.Line).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_surface_does_not_differ_from_itself() => Assert.Empty(SurfaceComparison.Compare(Planted, Planted));

    private static IEnumerable<TypeSurface> In(string place)
    {
        var prefix = $"{typeof(ComparisonTests).Namespace}.{place}";
        return from type in Planted
               where type.Name.StartsWith(prefix, StringComparison.Ordinal)
               select new TypeSurface(type.Name[prefix.Length..], type.Declaration, [.. type.Members.Select(m => m.Replace(prefix, "", StringComparison.Ordinal))]);
    }
}
