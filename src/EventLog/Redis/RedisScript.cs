using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace AgentStream.EventLog.Redis;

/// <summary>A Lua script that Redis runs as one atomic step. It is asked for by its hash, and sent whole when Redis does not know it.</summary>
public sealed class RedisScript
{
    /// <summary>Makes a script.</summary>
    /// <param name="text">The Lua text.</param>
    [SuppressMessage("Security", "CA5350", Justification = "Redis names scripts by SHA-1; nothing is kept secret or safe by it.")]
    public RedisScript(string text)
    {
        Text = text;
        Hash = SHA1.HashData(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The Lua text.</summary>
    internal string Text { get; }

    /// <summary>The SHA-1 of the text, which is Redis's name for the script.</summary>
    internal byte[] Hash { get; }

    /// <summary>Reads a script that is embedded in an assembly.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="name">The resource's name, such as <c>start.lua</c>.</param>
    /// <returns>The script.</returns>
    /// <exception cref="InvalidOperationException">The assembly has no such resource.</exception>
    public static RedisScript Embedded(Assembly assembly, string name)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        using var stream = assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{assembly.GetName().Name} has no embedded script {name}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return new(reader.ReadToEnd());
    }

    /// <summary>Reads one of this room's scripts.</summary>
    internal static RedisScript Own(string name) => Embedded(typeof(RedisScript).Assembly, name);
}
