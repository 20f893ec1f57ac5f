namespace AgentStream.TestTools;

/// <summary>What a program under load is started with, whose load is all one user's.</summary>
public static class NoLimits
{
    /// <summary>Settings, as the configuration names them, without which one user would soon have enough.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Settings { get; } =
    [
        .. from limit in (string[])["LiveRuns", "QueuedPrompts", "Sessions", "JournalBytes", "Listeners", "PromptsPerMinute"]
           select KeyValuePair.Create($"AgentStream:Limits:PerUser:{limit}", (string?)"0"),
    ];

    /// <summary>The same as arguments of a program.</summary>
    public static IEnumerable<string> Arguments { get; } = [.. Settings.Select(setting => $"--{setting.Key}={setting.Value}")];
}
