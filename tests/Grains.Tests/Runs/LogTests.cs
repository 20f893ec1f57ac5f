using AgentStream.Grains.Tests.Tools;

namespace AgentStream.Grains.Tests.Runs;

/// <summary>What a model and a tool say cannot forge lines of a program's log, whatever that program's logger is.</summary>
public sealed class LogTests
{
    private const string Evil = "c1\r\nfail: forged\u001b[2J\u202e";

    private readonly Entries _log = new();

    [Fact]
    public async Task What_a_model_and_a_tool_say_stays_on_its_line()
    {
        await using var silos = await TestSilos.StartAsync(
            null,
            new ScriptedModel([Step.Call(Evil, "find")], [Step.Say("ok")]),
            _ => { },
            agent => agent.WithTool(string () => throw new InvalidOperationException(Evil), "find"),
            _log.AddTo);
        await silos.RunAsync(TestSilos.NewSession());

        var (_, text, exception) = Assert.Single(_log.Faults);
        Assert.Contains(@"in call c1\r\nfail: forged\u001b[2J\u202e of run ", text, StringComparison.Ordinal);
        Assert.Equal(@"c1\r\nfail: forged\u001b[2J\u202e", exception?.Message);
        var lines = exception!.ToString().Split(Environment.NewLine);
        Assert.Equal(("System.InvalidOperationException: c1", @"   | fail: forged\u001b[2J\u202e"), (lines[0], lines[1]));
        Assert.All(lines.Skip(1), line => Assert.True(line.StartsWith("   ", StringComparison.Ordinal) || line.StartsWith("--- End of stack trace", StringComparison.Ordinal), line));
    }

    [Fact]
    public async Task What_looks_like_a_secret_is_in_no_exception_of_the_log()
    {
        await using var silos = await TestSilos.StartAsync(
            null,
            new ScriptedModel([new Step.Refuse("Server=db;Password=hunter2hunter2;")]),
            _ => { },
            _ => { },
            _log.AddTo);
        await silos.RunAsync(TestSilos.NewSession());
        var exception = Assert.Single(_log.Faults).Exception;
        Assert.Equal("Server=db;Password=***;", exception?.Message);
        Assert.DoesNotContain("hunter2", exception!.ToString(), StringComparison.Ordinal);
    }
}
