using System.Text.RegularExpressions;

namespace AgentStream.Sources.Tests;

/// <summary>A logger that a room gets from a program takes foreign text: it is made safe where it is got.</summary>
public sealed partial class LogTests
{
    // The page's address is the program's own setting; a connection to an MCP server gets safe loggers from its tool provider.
    private static readonly string[] Exceptions = ["src/ChatPage/PageAddress.cs", "src/Mcp/McpConnection.cs"];

    [Fact]
    public void A_logger_is_made_safe_where_it_is_got()
    {
        var unsafely = Repository.Files("src")
            .Where(file => !file.Path.StartsWith("src/Shared/Logs/", StringComparison.Ordinal) && !Exceptions.Contains(file.Path))
            .Where(file => IsGot(file.Text) && !IsSafe(file.Text))
            .Select(file => file.Path)
            .ToList();
        Assert.True(unsafely.Count == 0, string.Join('\n', unsafely));
    }

    [Theory]
    [InlineData("class A(ILogger<A> logger) { void B() => logger.Said(1); }", false)]
    [InlineData("class A(ILogger<A> logger) { void B() => logger.Safe().Said(1); }", true)]
    [InlineData("class A(ILogger<A> logger) { FaultLog _faults = new(logger); }", true)]
    [InlineData("var a = loggers.CreateLogger(\"a\"); a.Said(1);", false)]
    public void That_can_be_told(string text, bool isSafe) => Assert.Equal((true, isSafe), (IsGot(text), IsSafe(text)));

    private static bool IsGot(string text) => Got().IsMatch(text);

    // Or it is handed on to what makes it safe.
    private static bool IsSafe(string text) => text.Contains(".Safe(", StringComparison.Ordinal) || HandedOn().IsMatch(text);

    [GeneratedRegex(@"ILogger<\w+>|\.CreateLogger[(<]")]
    private static partial Regex Got();

    [GeneratedRegex(@"(FaultLog|OutageLog)\s+_\w+ = new\(logger|: EndlessService\(lifetime, logger\)|, logger\)")]
    private static partial Regex HandedOn();
}
