namespace AgentStream.Mcp;

/// <summary>The users of this machine, whom programs may run as.</summary>
internal static class McpUsers
{
    private const string Users = "/etc/passwd";

    /// <summary>A user's directory; null for a user whom this machine does not know by itself, but from a directory service.</summary>
    public static string? HomeOf(string user) =>
        File.Exists(Users) && File.ReadLines(Users).FirstOrDefault(line => line.StartsWith(user + ':', StringComparison.Ordinal))?.Split(':') is [_, _, _, _, _, { Length: > 0 } home, ..]
            ? home
            : null;
}
