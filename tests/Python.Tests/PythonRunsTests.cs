using System.Globalization;

namespace AgentStream.Python.Tests;

/// <summary>Our listeners and runs that Python writes.</summary>
public sealed class PythonRunsTests
{
    private const string Odd = """{"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"Füße \"\\\n 😀 日本"}""";
    private const string More = """{"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":", 1.5e3"}""";

    [Fact]
    public async Task Our_listener_follows_a_Python_run_while_it_is_written_and_completes_at_its_end()
    {
        await using var stage = await Stage.OpenAsync();
        await using var python = stage.Write();
        await python.DoAsync("start");
        await using var heard = stage.Silos.Client.ListenRawAsync(stage.Key).WithPatience().GetAsyncEnumerator();
        await NextIsAsync(heard, Wire.Begin(stage.Key));

        foreach (var (step, expected) in ((string, string)[])[
            ("node", Wire.Event("""{"idx":0,"event":"llm-begin"}""")),
            ($"event {Odd}", Wire.Event(Odd)),
            ("bare info", Wire.Event("{}", "info", "developer")),
            ($"event {More}", Wire.Event(More))])
        {
            // Each is awaited before it is written.
            var next = NextIsAsync(heard, expected);
            await python.DoAsync(step);
            await next;
        }

        var last = heard.MoveNextAsync();
        await python.DoAsync("stop");
        Assert.False(await last);
    }

    [Fact]
    public async Task Our_listener_stays_with_a_Python_run_that_is_slower_than_any_poll()
    {
        await using var stage = await Stage.OpenAsync();
        await using var python = stage.Write();
        await python.DoAsync("start");
        await using var heard = stage.Silos.Client.ListenRawAsync(stage.Key).WithPatience().GetAsyncEnumerator();
        await NextIsAsync(heard, Wire.Begin(stage.Key));

        var next = NextIsAsync(heard, Wire.Event("""{"idx":0,"event":"llm-begin"}"""));
        await python.DoAsync("pause 2.5", "node");

        await next;
    }

    [Fact]
    public async Task Our_Deps_hear_what_a_Python_listener_hears()
    {
        await using var stage = await Stage.OpenAsync();
        await using var python = stage.Listen();
        await stage.PythonWaitsAsync();
        await using var writer = stage.Write();
        await writer.DoAsync("start", "node", $"event {Odd}", "bare note", "node", $"event {More}", "stop");

        var heard = new List<string>();
        await foreach (var item in stage.Silos.DepsOf(stage.Key).ListenAsync().WithPatience())
        {
            heard.Add(item.ToJson());
        }

        Assert.Equal(6, heard.Count);
        Wire.Equal(await python.RestAsync(), heard);
    }

    [Fact]
    public async Task Our_Deps_wait_for_a_Python_run_that_has_not_begun()
    {
        await using var stage = await Stage.OpenAsync();
        await using var heard = stage.Silos.DepsOf(stage.Key).ListenAsync(wait: TimeSpan.FromSeconds(20)).WithPatience().GetAsyncEnumerator();
        var first = NextIsAsync(heard, Wire.Begin(stage.Key));
        await using var python = stage.Write();

        await python.DoAsync("start");

        await first;
        await python.DoAsync("stop");
        Assert.False(await heard.MoveNextAsync());
    }

    [Fact]
    public async Task Our_listener_goes_on_in_the_middle_of_a_Python_run()
    {
        await using var stage = await Stage.OpenAsync();
        await using var python = stage.Write();
        await python.DoAsync("start", "node", $"event {Odd}");
        var seen = await stage.Raw.EntriesAsync(stage.Stream);
        await using var heard = stage.Silos.Client.ListenRawAsync(stage.Key, Cursor.Parse(seen[1].Id)).WithPatience().GetAsyncEnumerator();

        await NextIsAsync(heard, Wire.Event(Odd));
        await python.DoAsync($"event {More}", "end", "down", "expire");
        await NextIsAsync(heard, Wire.Event(More));

        Assert.False(await heard.MoveNextAsync());
        Wire.Equal([Wire.Event(Odd), Wire.Event(More)], await stage.WeHearAsync(Cursor.Parse(seen[1].Id)));
    }

    [Fact]
    public async Task A_Python_run_that_crashed_a_minute_ago_keeps_no_listener_of_ours()
    {
        await using var stage = await Stage.OpenAsync();
        await using var python = stage.Write(secondsAgo: 61);
        await python.DoAsync("start", "node");
        await python.CrashAsync();

        Wire.Equal([Wire.Begin(stage.Key), Wire.Event("""{"idx":0,"event":"llm-begin"}""")], await stage.WeHearUntilGivenUpAsync());
        Assert.Equal(1, await stage.Raw.NumberAsync("EXISTS", stage.Live));
    }

    [Fact]
    public async Task Our_listener_gives_a_crashed_Python_run_up_when_its_minute_is_over_and_no_sooner()
    {
        await using var stage = await Stage.OpenAsync();
        await using var python = stage.Write(secondsAgo: 57);
        await python.DoAsync("start", "node");
        await python.CrashAsync();

        var heard = await stage.WeHearUntilGivenUpAsync();

        var now = await stage.Raw.TextsAsync("TIME");
        var last = Cursor.Parse((await stage.Raw.EntriesAsync(stage.Stream))[^1].Id);
        Assert.Equal(2, heard.Count);
        Assert.InRange(ulong.Parse(now[0]!, CultureInfo.InvariantCulture), (last.Milliseconds / 1000) + 60, ulong.MaxValue);
    }

    private static async Task NextIsAsync(IAsyncEnumerator<StreamEntry> heard, string expected)
    {
        Assert.True(await heard.MoveNextAsync(), "The listening has completed.");
        Wire.Equal([expected], [heard.Current.ToJson()]);
    }
}
