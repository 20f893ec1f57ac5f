using AgentStream.GrainTesting;
using AgentStream.TestTools;

namespace AgentStream.Python.Tests;

/// <summary>Cancels across the two libraries: the flag is all that they share.</summary>
public sealed class PythonCancelsTests
{
    [Fact]
    public async Task A_Python_GETDEL_stops_our_models_stream_while_tokens_flow()
    {
        var stopped = new Gate();
        await using var stage = await Stage.OpenAsync(new ScriptedModel([new Step.Flow("la ", stopped)]));
        await stage.StartAsync();
        await using var python = stage.Listen();
        while (!(await python.NextAsync())!.Contains("part_delta", StringComparison.Ordinal))
        {
        }

        Assert.True(await stage.PythonCancelsAsync());

        Wire.Equal([Wire.Canceled], [(await python.RestAsync())[^1]]);
        Assert.Equal(0, await python.ExitCodeAsync());
        await stopped.ReachedAsync();
        await EndedAsync(stage);
    }

    [Fact]
    public async Task A_Python_GETDEL_stops_our_model_while_it_is_silent()
    {
        var gate = new Gate();
        await using var stage = await Stage.OpenAsync(new ScriptedModel([Step.Say("hm"), new Step.Pause(gate), Step.Say("too late")]));
        await stage.StartAsync();
        await gate.ReachedAsync();

        Assert.True(await stage.PythonCancelsAsync());

        Wire.Equal(
            [
                Wire.Begin(stage.Key),
                Wire.Event("""{"idx":0,"event":"llm-begin"}"""),
                Wire.Event("""{"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"hm"}"""),
                Wire.Event("""{"idx":0,"event":"answer"}"""),
                Wire.Canceled,
            ],
            await stage.WeHearAsync());
        await EndedAsync(stage);
    }

    [Fact]
    public async Task A_Python_GETDEL_stops_our_run_in_a_tool()
    {
        var gate = new Gate();
        var stopped = new Gate();
        await using var stage = await Stage.OpenAsync(new ScriptedModel([Step.Call("c1", "tool")], [Step.Say("never")]), HangAsync);
        await stage.StartAsync();
        await gate.ReachedAsync();

        Assert.True(await stage.PythonCancelsAsync());

        Wire.Equal([Wire.Event("""{"idx":0,"event":"llm-end"}"""), Wire.Canceled], [.. (await stage.WeHearAsync()).TakeLast(2)]);
        await stopped.ReachedAsync();
        await EndedAsync(stage);

        async Task HangAsync(CancellationToken cancellationToken)
        {
            try
            {
                gate.Reached();
                await gate.OpenedAsync(cancellationToken);
            }
            finally
            {
                stopped.Reached();
            }
        }
    }

    [Fact]
    public async Task The_second_GETDEL_says_false_and_so_do_we()
    {
        var gate = new Gate();
        await using var stage = await Stage.OpenAsync(new ScriptedModel([new Step.Pause(gate, Deaf: true)]));
        await stage.StartAsync();
        await gate.ReachedAsync();

        Assert.True(await stage.PythonCancelsAsync());
        Assert.False(await stage.PythonCancelsAsync());
        Assert.False(await stage.Silos.Client.CancelAsync(stage.Key));

        Wire.Equal([Wire.Canceled], [(await stage.WeHearAsync())[^1]]);
        Assert.False(await stage.PythonCancelsAsync());
        gate.Open();
    }

    [Fact]
    public async Task A_run_that_we_canceled_is_no_more_live_for_Python()
    {
        var gate = new Gate();
        await using var stage = await Stage.OpenAsync(new ScriptedModel([new Step.Pause(gate)]));
        await stage.StartAsync();
        await gate.ReachedAsync();

        Assert.True(await stage.Silos.Client.CancelAsync(stage.Key));
        Assert.False(await stage.PythonCancelsAsync());

        await using var python = stage.Listen();
        Wire.Equal([Wire.Canceled], [(await python.RestAsync())[^1]]);
    }

    [Fact]
    public async Task Our_cancel_stops_a_Python_run_at_its_next_node()
    {
        await using var stage = await Stage.OpenAsync();
        await using var python = stage.Write();
        await python.DoAsync("start", "node");

        Assert.True(await stage.Silos.Client.CancelAsync(stage.Key));
        Assert.False(await stage.Silos.Client.CancelAsync(stage.Key));

        Assert.Equal("canceled", await python.AskAsync("node"));
        Wire.Equal([Wire.Begin(stage.Key), Wire.Event("""{"idx":0,"event":"llm-begin"}"""), Wire.Canceled], await stage.WeHearAsync());
    }

    [Fact]
    public async Task Our_listener_stays_with_a_canceled_Python_run_until_it_has_said_so()
    {
        await using var stage = await Stage.OpenAsync();
        await using var python = stage.Write();
        await python.DoAsync("start", "node");
        await using var heard = stage.Silos.Client.ListenRawAsync(stage.Key).WithPatience().GetAsyncEnumerator();
        Assert.True(await heard.MoveNextAsync());
        Assert.True(await stage.PythonCancelsAsync());
        Assert.True(await heard.MoveNextAsync());

        var next = heard.MoveNextAsync();
        Assert.Equal("canceled", await python.AskAsync("node"));

        Assert.True(await next);
        Assert.Equal(Protocol.Error, heard.Current.Type);
        Assert.False(await heard.MoveNextAsync());
    }

    [Fact]
    public async Task A_Python_client_that_cancels_our_run_and_starts_its_own_keeps_its_flag()
    {
        var gate = new Gate();
        await using var stage = await Stage.OpenAsync(new ScriptedModel([Step.Say("so"), new Step.Pause(gate)]));
        await stage.StartAsync();
        await gate.ReachedAsync();

        Assert.True(await stage.PythonCancelsAsync("and-start"));

        await Wait.Until(async () => (await stage.Raw.EntriesAsync(stage.Stream))[^1].Fields.StartsWith("type=end", StringComparison.Ordinal));
        var entries = await stage.Raw.EntriesAsync(stage.Stream);
        Assert.Equal("""type=error origin=developer body={"msg":"canceled"}""", entries[^2].Fields);
        Assert.Single(entries, entry => entry.Fields.StartsWith("type=end", StringComparison.Ordinal));
        Assert.Equal("1", await stage.Raw.TextAsync("GET", stage.Live));
        Assert.Equal([stage.Key.Session], await stage.PythonFindsAsync(new UserKey(1, 1)));
    }

    [Fact]
    public async Task A_Python_run_that_began_before_ours_had_ended_does_not_expire_with_ours()
    {
        var gate = new Gate();
        await using var stage = await Stage.OpenAsync(new ScriptedModel([new Step.Pause(gate)]));
        await stage.StartAsync();
        await gate.ReachedAsync();

        Assert.True(await stage.PythonCancelsAsync("and-start"));

        await Wait.Until(async () => (await stage.Raw.EntriesAsync(stage.Stream))[^1].Fields.StartsWith("type=end", StringComparison.Ordinal));
        Assert.Equal(-1, await stage.Raw.NumberAsync("PTTL", stage.Stream));
    }

    /// <summary>The stream ends with one <c>end</c> behind the error, expires, and the flag is gone.</summary>
    private static async Task EndedAsync(Stage stage)
    {
        var entries = await stage.Raw.EntriesAsync(stage.Stream);
        Assert.Equal(
            ["""type=error origin=developer body={"msg":"canceled"}""", "type=end origin=pydantic-ai-stream"],
            entries.TakeLast(2).Select(entry => entry.Fields));
        Assert.Single(entries, entry => entry.Fields.StartsWith("type=end", StringComparison.Ordinal));
        Assert.Equal(0, await stage.Raw.NumberAsync("EXISTS", stage.Live));
        Assert.InRange(await stage.Raw.NumberAsync("PTTL", stage.Stream), 1, (long)Stage.GracePeriod.TotalMilliseconds);
    }
}
