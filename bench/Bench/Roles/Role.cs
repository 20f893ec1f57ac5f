namespace AgentStream.Bench.Roles;

/// <summary>What this program is when it is not the one that measures.</summary>
internal static class Role
{
    private const string Option = "--role=";

    /// <summary>Plays the role that the arguments ask for.</summary>
    /// <returns>The playing; null when they ask for none.</returns>
    public static Task? Of(string[] args) => args is not [var first, .. var rest] || !first.StartsWith(Option, StringComparison.Ordinal) ? null : first[Option.Length..] switch
    {
        "silo" => SiloRole.RunAsync(rest),
        "listener" => ListenerRole.RunAsync(rest),
        "collector" => CollectorRole.RunAsync(rest),
        "empty" => EmptyRole.RunAsync(rest),
        var other => throw new ArgumentException($"There is no role '{other}'."),
    };
}
