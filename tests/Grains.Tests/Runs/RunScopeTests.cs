using AgentStream.Grains.Tests.Tools;
using AgentStream.TestTools;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Tests.Runs;

/// <summary>What is logged during a run says of which, and a run that goes right is not logged unless that is asked for.</summary>
public sealed class RunScopeTests
{
    private readonly Entries _log = new();

    [Fact]
    public async Task What_a_tool_logs_has_the_ids_of_its_session_and_run()
    {
        TestSilos? silos = null;
        await using var started = silos = await TestSilos.StartAsync(
            null,
            new ScriptedModel([Step.Call("c1", "find")], [Step.Say("ok")]),
            _ => { },
            agent => agent.WithTool(
                () =>
                {
                    _log.CreateLogger("AgentStream.Run").Log(LogLevel.Information, 0, "found", null, (text, _) => text);
                    return 1;
                },
                "find"),
            _log.AddTo);
        var session = TestSilos.NewSession();
        await silos.RunAsync(session);

        Assert.Matches($"^Session={session}\\|Run=[0-9a-f-]+$", _log.Scopes["found"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_has_a_line_when_that_is_asked_for(bool isAskedFor)
    {
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel([Step.Say("ok")]), options => options.LogRuns = isAskedFor, _ => { }, _log.AddTo);
        var session = TestSilos.NewSession();
        await silos.RunAsync(session);

        if (isAskedFor)
        {
            await Wait.Until(() => _log.Texts.Any(text => text.Contains($"of session {session} is over here: Completed, after ", StringComparison.Ordinal)), "the line is there");
        }

        await silos.DisposeAsync();
        Assert.Equal(isAskedFor ? 1 : 0, _log.Texts.Count(text => text.StartsWith("Information: Run ", StringComparison.Ordinal)));
    }
}
