using AgentStream.GrainTesting;
using AgentStream.TestTools;

namespace AgentStream.Python.Tests;

/// <summary>Each library finds the live sessions of the other.</summary>
public sealed class LiveSessionsTests
{
    private static readonly UserKey User = new(1, 1);

    [Fact]
    public async Task Pythons_scan_lists_our_live_session_until_its_end()
    {
        var gate = new Gate();
        await using var stage = await Stage.OpenAsync(new ScriptedModel([new Step.Pause(gate)]));
        Assert.Empty(await stage.PythonFindsAsync(User));

        await stage.StartAsync();
        Assert.Equal([stage.Key.Session], await stage.PythonFindsAsync(User));
        Assert.Empty(await stage.PythonFindsAsync(new UserKey(1, 11)));
        Assert.Empty(await stage.PythonFindsAsync(new UserKey(11, 1)));

        gate.Open();
        await stage.WeHearAsync();
        Assert.Empty(await stage.PythonFindsAsync(User));
    }

    [Fact]
    public async Task We_list_Pythons_live_session_when_foreign_ones_are_asked_for_until_its_end()
    {
        await using var stage = await Stage.OpenAsync();
        await using var python = stage.Write();
        await python.DoAsync("start");

        Assert.Equal([stage.Key], await stage.Silos.Client.GetLiveSessionsAsync(User, includeExternal: true));
        Assert.Empty(await stage.Silos.Client.GetLiveSessionsAsync(User));
        Assert.Empty(await stage.Silos.Client.GetLiveSessionsAsync(new UserKey(1, 11), includeExternal: true));
        Assert.True(await stage.Silos.Client.IsLiveAsync(stage.Key));

        await python.DoAsync("stop");

        // What a scan has found serves for a second.
        await Wait.Until(async () => (await stage.Silos.Client.GetLiveSessionsAsync(User, includeExternal: true)).Length == 0);
        Assert.False(await stage.Silos.Client.IsLiveAsync(stage.Key));
    }

    [Fact]
    public async Task A_session_that_Python_canceled_is_on_neither_list()
    {
        var gate = new Gate();
        await using var stage = await Stage.OpenAsync(new ScriptedModel([new Step.Pause(gate, Deaf: true)]));
        await stage.StartAsync();
        Assert.Equal([stage.Key], await stage.Silos.Client.GetLiveSessionsAsync(User));

        Assert.True(await stage.PythonCancelsAsync());

        Assert.Empty(await stage.Silos.Client.GetLiveSessionsAsync(User));
        Assert.Empty(await stage.Silos.Client.GetLiveSessionsAsync(User, includeExternal: true));
        Assert.Empty(await stage.PythonFindsAsync(User));
        gate.Open();
    }
}
