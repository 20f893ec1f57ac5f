using AgentStream.Storage.Journal;
using AgentStream.Storage.Redis;

namespace AgentStream.Storage.Tests.Journal;

public sealed partial class RedisJournalTests
{
    [Fact]
    public async Task A_page_of_a_read_has_a_megabyte_and_one_record_more_at_most()
    {
        var run = await StartedAsync(Samples.NewSession());
        string[] texts = [.. Enumerable.Range(0, 16).Select(i => new string((char)('a' + i), 700_000))];
        foreach (var (version, text) in texts.Index())
        {
            await Journal.AppendAsync(run, version, [Samples.Said(text)]);
        }

        var before = await ScriptCallsAsync();
        Assert.Equal(texts, await SaidAsync(run.Key));

        // Two records are a page, and the first look sees that there is none that is small.
        Assert.Equal(1 + 8 + 1, await ScriptCallsAsync() - before);
    }

    [Fact]
    public async Task What_is_large_has_a_connection_of_its_own()
    {
        await using var connection = await RedisConnection.ConnectAsync(redis.Server.Configuration, _options, TimeProvider.System);
        var journal = new RedisJournal(connection, _options);
        var run = await StartedAsync(Samples.NewSession());
        var before = await ConnectionsAsync();
        await journal.AppendAsync(run, 0, [Samples.Said("small")]);
        Assert.Equal(["small"], Said(await journal.ReadAsync(run.Key, 0)));
        Assert.Equal(before, await ConnectionsAsync());

        await journal.AppendAsync(run, 1, [Samples.Said(new string('x', 1_000_000))]);
        Assert.Single((await ConnectionsAsync()).Except(before));
        Assert.Equal(2, (await journal.ReadAsync(run.Key, 0)).Count);
    }

    [Fact]
    public async Task A_journal_from_before_there_were_sizes_counts_from_its_next_record_on()
    {
        var user = new UserKey("1", $"old{Guid.NewGuid():N}");
        var run = await StartedAsync(user.Session("s"));
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
        var run = await StartedAsync(user.Session("s"));
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
