using AgentStream.Storage.Journal;

namespace AgentStream.Storage.Tests.Journal;

public sealed partial class RedisJournalTests
{
    [Fact]
    public async Task A_journal_from_before_there_were_sizes_counts_from_its_next_record_on()
    {
        var user = new UserKey("1", $"old{Guid.NewGuid():N}");
        var run = await StartRunAsync(user.Session("s"));
        await Journal.AppendAsync(run, 0, [Samples.Said("1")]);
        await _raw!.CallAsync("DEL", $"{_options.Value.RedisPrefix}:#sizes:{user}");
        Assert.Equal((0, 0), Mine(await Journal.GetUsageAsync(user)));

        await Journal.AppendAsync(run, 1, [Samples.Said("2")], new LimitOptions { PerUser = { Sessions = 1 } });
        Assert.Equal((1, BytesOf([Samples.Said("2")])), Mine(await Journal.GetUsageAsync(user)));
        await Journal.AppendAsync(run, 2, [Imported(2)]);
        Assert.Equal((1, BytesOf([Imported(2)])), Mine(await Journal.GetUsageAsync(user)));

        static (long, long) Mine(JournalUsage? usage) => (usage!.Sessions.User, usage.Bytes.User);
    }

    [Fact]
    public async Task Sizes_that_another_program_has_written_over_are_counted_anew()
    {
        var user = new UserKey("1", $"odd{Guid.NewGuid():N}");
        var run = await StartRunAsync(user.Session("s"));
        var key = $"{_options.Value.RedisPrefix}:#sizes:{user}";
        await _raw!.CallAsync("SET", key, "no hash");
        await Journal.AppendAsync(run, 0, [Samples.Said("1")]);
        await _raw.CallAsync("HSET", key, "#bytes", "many", "#sessions", "-", "s", "x");
        await Journal.AppendAsync(run, 1, [Samples.Said("2")]);
        Assert.Equal(["1", "2"], await SaidAsync(run.Key));
        Assert.Equal(1, (await Journal.GetUsageAsync(user))!.Sessions.User);
        await Journal.DeleteAsync(run);
        Assert.Equal(0, await _raw.NumberAsync("EXISTS", key));
    }
}
