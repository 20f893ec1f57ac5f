using System.Collections.Concurrent;
using System.Reflection;

namespace Orleans.Embedded.Activations;

/// <summary>Finds the class behind a grain interface, in every assembly that the program has loaded or refers to.</summary>
internal static class GrainClasses
{
    private static readonly ConcurrentDictionary<(Type, string?), GrainClass> Found = new();
    private static readonly ConcurrentDictionary<Type, GrainClass> Classes = new();
    private static readonly ConcurrentDictionary<Assembly, Type[]> Scanned = new();
    private static readonly string Engine = typeof(GrainClasses).Assembly.GetName().Name!;

    public static GrainClass For(Type grainInterface, string? classNamePrefix) =>
        Found.TryGetValue((grainInterface, classNamePrefix), out var known)
            ? known
            : Found.GetOrAdd((grainInterface, classNamePrefix), static sought => Find(sought.Item1, sought.Item2));

    /// <summary>The classes that have an attribute.</summary>
    public static IEnumerable<GrainClass> With<TAttribute>() => AllTypes().Where(type => type.IsDefined(typeof(TAttribute), inherit: true)).Select(Class);

    private static GrainClass Find(Type grainInterface, string? classNamePrefix)
    {
        var candidates = AllTypes()
            .Where(type => grainInterface.IsAssignableFrom(type))
            .Where(type => classNamePrefix is null || type.FullName!.StartsWith(classNamePrefix, StringComparison.Ordinal))
            .ToArray();
        return candidates switch
        {
            [var only] => Class(only),
            [] => throw new ArgumentException($"Could not find an implementation for interface {grainInterface}."),
            _ => throw new ArgumentException(
                $"Unable to identify a single implementation for interface {grainInterface} among {string.Join<Type>(", ", candidates)}."),
        };
    }

    private static IEnumerable<Type> AllTypes() => ApplicationAssemblies().SelectMany(assembly => Scanned.GetOrAdd(assembly, GrainTypes));

    private static GrainClass Class(Type type) => Classes.GetOrAdd(type, made => new GrainClass(made));

    private static Type[] GrainTypes(Assembly assembly) => assembly.GetTypes()
        .Where(type => type is { IsAbstract: false, ContainsGenericParameters: false } && type.IsSubclassOf(typeof(Grain)))
        .ToArray();

    /// <summary>The assemblies that refer to the engine, loading what is referred to and not loaded yet.</summary>
    private static List<Assembly> ApplicationAssemblies()
    {
        var result = new List<Assembly>();
        var seen = new HashSet<string>();
        var open = new Queue<Assembly>(AppDomain.CurrentDomain.GetAssemblies());
        while (open.TryDequeue(out var assembly))
        {
            if (assembly.IsDynamic || IsPlatform(assembly.GetName().Name!) || !seen.Add(assembly.FullName!))
            {
                continue;
            }

            foreach (var reference in assembly.GetReferencedAssemblies())
            {
                if (reference.Name == Engine)
                {
                    result.Add(assembly);
                }
                else if (!IsPlatform(reference.Name!) && Load(reference) is { } referenced)
                {
                    open.Enqueue(referenced);
                }
            }
        }

        return result;
    }

    private static bool IsPlatform(string name) =>
        name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal)
        || name is "System" or "mscorlib" or "netstandard";

    private static Assembly? Load(AssemblyName name)
    {
        try
        {
            return Assembly.Load(name);
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException)
        {
            // A library may refer to another that is not deployed because the program does not use that side of it.
            return null;
        }
    }
}
