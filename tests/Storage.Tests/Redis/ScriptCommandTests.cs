using System.Text.RegularExpressions;
using AgentStream.Storage.Redis;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>The check at the start does each thing once that scripts do later.</summary>
public sealed partial class ScriptCommandTests
{
    [Fact]
    public void All_commands_of_all_scripts_are_tried_at_the_start()
    {
        var assembly = typeof(RedisStreamStore).Assembly;
        var scripts = assembly.GetManifestResourceNames().Where(name => name.EndsWith(".lua", StringComparison.Ordinal))
            .Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return (Name: name, Commands: CommandOf().Matches(reader.ReadToEnd()).Select(match => match.Groups[1].Value).ToHashSet());
            })
            .ToDictionary(script => script.Name, script => script.Commands);
        var tried = scripts["check.lua"];
        Assert.True(scripts.Count > 12);
        Assert.Contains("ZADD", scripts["journal-append.lua"]);

        // Asked for with pcall, and done without where it is refused.
        tried.Add("OBJECT");
        Assert.All(scripts, script => Assert.Empty(script.Value.Except(tried)));
    }

    [GeneratedRegex(@"\(\s*'([A-Z]{3,})'")]
    private static partial Regex CommandOf();
}
