using System.Text;

namespace AgentStream.Storage.Redis;

/// <summary>A Lua script that Redis runs as one atomic step.</summary>
/// <param name="text">The Lua text.</param>
internal sealed class RedisScript(string text)
{
    private static readonly string Shared = Read("shared.lua");

    /// <summary>The Lua text.</summary>
    public string Text { get; } = text;

    /// <summary>One of the scripts in <c>Scripts</c>. The functions of <c>shared.lua</c> come before it, and so do those of others that it names.</summary>
    public static RedisScript Named(params string[] names) => new(Shared + string.Concat(names.Select(Read)));

    private static string Read(string name)
    {
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
