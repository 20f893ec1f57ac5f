using AgentStream.GrainTesting;

namespace AgentStream.Python.Tests;

/// <summary>A session has one run at a time, whichever library runs it.</summary>
public sealed class OwnershipTests
{
    [Fact]
    public async Task Our_start_is_refused_while_a_Python_run_is_under_way_and_changes_nothing()
    {
        await using var stage = await Stage.OpenAsync();
        await using var python = stage.Write();
        await python.DoAsync("start", "node");
        var before = await stage.Raw.EntriesAsync(stage.Stream);

        var refused = await Assert.ThrowsAsync<SessionBusyException>(stage.StartAsync);

        Assert.Contains("another library", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await stage.Raw.EntriesAsync(stage.Stream));
        Assert.Equal("1", await stage.Raw.TextAsync("GET", stage.Live));
        await python.DoAsync("stop");
        Assert.Equal(2, (await stage.WeHearAsync()).Count);
    }

    [Fact]
    public async Task Our_start_is_accepted_when_a_Python_run_has_left_its_flag_behind_for_a_minute()
    {
        await using var stage = await Stage.OpenAsync();
        await using var python = stage.Write(secondsAgo: 61);
        await python.DoAsync("start", "node");
        await python.CrashAsync();

        await stage.StartAsync();

        Wire.Equal([Wire.Begin(stage.Key)], [(await stage.WeHearAsync())[0]]);
        Assert.Single(await stage.Raw.EntriesAsync(stage.Stream), entry => entry.Fields.StartsWith("type=begin", StringComparison.Ordinal));
        Assert.Equal(0, await stage.Raw.NumberAsync("EXISTS", stage.Live));
    }

    [Fact]
    public async Task Our_run_within_the_grace_period_of_a_Python_run_starts_with_an_empty_stream_that_does_not_expire()
    {
        var gate = new Gate();
        await using var stage = await Stage.OpenAsync(new ScriptedModel([new Step.Pause(gate)]));
        await using var python = stage.Write();
        await python.DoAsync("start", "node", "stop");
        Assert.InRange(await stage.Raw.NumberAsync("PTTL", stage.Stream), 1, 60_000);

        var started = await stage.StartAsync();
        await gate.ReachedAsync();

        Assert.Equal(-1, await stage.Raw.NumberAsync("PTTL", stage.Stream));
        Assert.Equal(started.Begin.ToString(), (await stage.Raw.EntriesAsync(stage.Stream))[0].Id);
        gate.Open();
    }

    [Fact]
    public async Task Our_start_waits_for_the_last_step_of_a_Python_stop()
    {
        var gate = new Gate();
        await using var stage = await Stage.OpenAsync(new ScriptedModel([new Step.Pause(gate)]));
        await using var python = stage.Write();
        await python.DoAsync("start", "end");
        await Assert.ThrowsAsync<SessionBusyException>(stage.StartAsync);
        await python.DoAsync("down");

        // A run that began now would expire with the Python run's next step.
        await Assert.ThrowsAsync<SessionBusyException>(stage.StartAsync);

        await python.DoAsync("expire");
        await stage.StartAsync();
        Assert.Equal(-1, await stage.Raw.NumberAsync("PTTL", stage.Stream));
        gate.Open();
    }

    [Fact]
    public async Task Our_start_is_refused_while_a_canceled_Python_run_has_not_said_so()
    {
        await using var stage = await Stage.OpenAsync();
        await using var python = stage.Write();
        await python.DoAsync("start", "node");
        Assert.True(await stage.Silos.Client.CancelAsync(stage.Key));

        // A run that began now would raise the flag, and the Python run would take it for its own.
        await Assert.ThrowsAsync<SessionBusyException>(stage.StartAsync);

        Assert.Equal("canceled", await python.AskAsync("node"));
        await stage.StartAsync();
        Assert.Equal(5, (await stage.WeHearAsync()).Count);
    }

    [Fact]
    public async Task Our_start_is_accepted_when_a_canceled_Python_run_has_not_moved_for_a_minute()
    {
        await using var stage = await Stage.OpenAsync();
        await using var python = stage.Write(secondsAgo: 61);
        await python.DoAsync("start");
        Assert.True(await stage.PythonCancelsAsync());
        await python.CrashAsync();

        await stage.StartAsync();

        Assert.Equal(5, (await stage.WeHearAsync()).Count);
    }
}
