using System.Text;

namespace AgentStream.Storage.Tests;

public abstract partial class StreamStoreContract
{
    [Fact]
    public async Task An_append_answers_the_cursor_of_its_last_entry()
    {
        var run = await StartedAsync();

        var result = await Log.AppendAsync(run, 1, [Said("a"), Said("b")]);

        var events = (await Log.ReadAsync(run.Key, Cursor.Start, 10)).Events;
        Assert.Equal(new AppendResult(RunStatus.Live, events[^1].Cursor), result);
        Assert.Equal(["begin", "a", "b"], events.Select(Text));
    }

    [Fact]
    public async Task What_is_written_is_read_byte_for_byte()
    {
        var run = await StartedAsync();
        var body = Encoding.UTF8.GetBytes("""{"t":"ü – 漢字 🙂 \\ \" \u0000","n":[1,2.50,null]}""");
        var padded = new byte[body.Length + 7];
        body.CopyTo(padded, 3);

        await Log.AppendAsync(run, 1,
        [
            new(Protocol.Error, "a caller's own", body),
            new(Protocol.Info, Protocol.DeveloperOrigin, padded.AsMemory(3, body.Length)),
            new(Protocol.Info, "größer", default),
        ]);

        var events = (await Log.ReadAsync(run.Key, Cursor.Start, 10)).Events;
        Assert.Equal((Protocol.Error, "a caller's own"), (events[1].Type, events[1].Origin));
        Assert.Equal(body, events[1].Body.ToArray());
        Assert.Equal(body, events[2].Body.ToArray());
        Assert.Equal((Protocol.Info, "größer", 0), (events[3].Type, events[3].Origin, events[3].Body.Length));
    }

    [Fact]
    public async Task Events_of_all_types_and_origins_keep_their_order_however_they_are_mixed()
    {
        NewEntry info = new(Protocol.Info, Protocol.DeveloperOrigin, "1"u8.ToArray());
        NewEntry[] mixed = [Said("a"), Said("b"), info, info with { Origin = "other" }, info with { Body = default }, Said("c"), info with { Type = Protocol.Error }];
        var run = await StartedAsync();

        await Log.AppendAsync(run, 1, mixed);
        await Log.FinishAsync(run, 2, mixed, TimeSpan.FromMinutes(1));

        Assert.Equal(
            [.. mixed.Select(Whole), .. mixed.Select(Whole)],
            (await Log.ReadAsync(run.Key, Cursor.Start, 100)).Events.Skip(1).SkipLast(1).Select(e => Whole(new(e.Type, e.Origin, e.Body))));

        static string Whole(NewEntry e) => $"{e.Type} {e.Origin} {Encoding.UTF8.GetString(e.Body.Span)}";
    }

    [Fact]
    public async Task A_repeated_append_changes_nothing_and_answers_as_the_first()
    {
        var run = await StartedAsync();
        var first = await Log.AppendAsync(run, 1, [Said("a")]);

        Assert.Equal(first, await Log.AppendAsync(run, 1, [Said("a")]));

        Assert.Equal("begin a", await TextsAsync(run.Key));
    }

    [Fact]
    public async Task A_repeated_append_answers_how_the_run_stands_now()
    {
        var run = await StartedAsync();
        var first = await Log.AppendAsync(run, 1, [Said("a")]);
        await Log.CancelAsync(run.Key);

        Assert.Equal(new AppendResult(RunStatus.Canceled, first.Last), await Log.AppendAsync(run, 1, [Said("a")]));
    }

    [Fact]
    public async Task Append_numbers_may_leave_gaps_but_not_go_back()
    {
        var run = await StartedAsync();
        await Log.AppendAsync(run, 1, [Said("a")]);
        var last = await Log.AppendAsync(run, 5, [Said("b")]);

        Assert.Equal(last, await Log.AppendAsync(run, 3, [Said("never")]));
        await Log.AppendAsync(run, 6, [Said("c")]);

        Assert.Equal("begin a b c", await TextsAsync(run.Key));
    }

    [Fact]
    public async Task Append_numbers_start_again_with_each_run()
    {
        var first = await StartedAsync();
        await Log.AppendAsync(first, 9, [Said("old")]);
        await FinishAsync(first, 10);
        var second = await StartedAsync(first.Key);

        await Log.AppendAsync(second, 1, [Said("new")]);

        Assert.Equal("begin new", await TextsAsync(first.Key));
    }

    [Fact]
    public async Task An_empty_append_asks_for_the_status_alone()
    {
        var run = await StartedAsync();
        var last = (await Log.AppendAsync(run, 1, [Said("a")])).Last;

        Assert.Equal(new AppendResult(RunStatus.Live, last), await Log.AppendAsync(run, 2, []));
        await Log.CancelAsync(run.Key);
        Assert.Equal(new AppendResult(RunStatus.Canceled, last), await Log.AppendAsync(run, 3, []));

        Assert.Equal("begin a", await TextsAsync(run.Key));
    }

    [Fact]
    public async Task An_append_without_ownership_adds_nothing()
    {
        var run = await StartedAsync();
        var lost = new AppendResult(RunStatus.Lost, Cursor.Start);

        Assert.Equal(lost, await Log.AppendAsync(NewRun(run.Key), 1, [Said("another run")]));
        Assert.Equal(lost, await Log.AppendAsync(run with { SiloId = OtherSilo }, 1, [Said("another silo")]));
        Assert.Equal(lost, await Log.AppendAsync(NewRun(NewSession()), 1, [Said("never started")]));

        Assert.Equal("begin", await TextsAsync(run.Key));
    }

    [Fact]
    public async Task An_append_behind_the_end_adds_nothing()
    {
        var run = await StartedAsync();
        await FinishAsync(run, 1);

        Assert.Equal(RunStatus.Lost, (await Log.AppendAsync(run, 2, [Said("late")])).Status);

        Assert.Equal("begin end", await TextsAsync(run.Key));
    }

    [Fact]
    public async Task A_canceled_run_can_still_say_so()
    {
        var run = await StartedAsync();
        await Log.CancelAsync(run.Key);

        Assert.Equal(RunStatus.Canceled, (await Log.AppendAsync(run, 1, [Said("canceled")])).Status);

        Assert.Equal("begin canceled", await TextsAsync(run.Key));
    }

    [Fact]
    public async Task Append_numbers_start_at_one()
    {
        var run = await StartedAsync();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Log.AppendAsync(run, 0, []));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Log.FinishAsync(run, 0, [], TimeSpan.Zero));
    }

    [Fact]
    public async Task A_large_batch_keeps_its_order()
    {
        var run = await StartedAsync();
        var texts = Enumerable.Range(0, 3_000).Select(i => $"{i}").ToArray();

        await Log.AppendAsync(run, 1, [.. texts.Select(Said)]);

        var read = (await Log.ReadAsync(run.Key, Cursor.Start, 5_000)).Events;
        Assert.Equal(["begin", .. texts], read.Select(Text));
        Assert.Equal(read.Select(entry => entry.Cursor).Order(), read.Select(entry => entry.Cursor));
    }
}
