using System.Reflection;
using System.Text;

namespace AgentStream.Storage.Redis;

/// <summary>A Lua script that Redis runs as one atomic step.</summary>
/// <param name="text">The Lua text.</param>
public sealed class RedisScript(string text)
{
    private static readonly string Shared = Read(typeof(RedisScript).Assembly, "shared.lua");

    /// <summary>The Lua text.</summary>
    internal string Text { get; } = text;

    /// <summary>Reads a script that is embedded in an assembly. The functions of <c>shared.lua</c> come before it.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="name">The resource's name, such as <c>start.lua</c>.</param>
    /// <returns>The script.</returns>
    /// <exception cref="InvalidOperationException">The assembly has no such resource.</exception>
    public static RedisScript Embedded(Assembly assembly, string name)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        return new(Shared + Read(assembly, name));
    }

    /// <summary>Reads one of this room's scripts.</summary>
    internal static RedisScript Own(string name) => Embedded(typeof(RedisScript).Assembly, name);

    private static string Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{assembly.GetName().Name} has no embedded script {name}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
