using System.Globalization;
using AgentStream.Storage.Redis;
using AgentStream.Storage.Tests.Redis;
using AgentStream.TestTools;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Journal;

/// <summary>What the journal asks of Redis. The server has no other clients, since their calls and connections would be counted too.</summary>
public sealed class RedisJournalCostTests : IAsyncLifetime
{
    private readonly RunToken _run = new(Samples.NewSession(), "silo-1", "run-1");
    private RedisServer? _server;
    private RedisStage? _stage;
    private RedisJournal? _journal;

    private RedisJournal Journal => _journal!;

    public async Task InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _stage = await RedisStage.OpenAsync(_server);
        _journal = new RedisJournal(_stage.Connection, Options.Create(_stage.Options));
        await _stage.Log.StartAsync(_run);
    }

    public async Task DisposeAsync()
    {
        await _stage!.DisposeAsync();
        await _server!.DisposeAsync();
    }

    [Fact]
    public async Task A_page_of_a_read_has_a_megabyte_and_one_record_more_at_most()
    {
        string[] texts = [.. Enumerable.Range(0, 16).Select(i => new string((char)('a' + i), 700_000))];
        foreach (var (version, text) in texts.Index())
        {
            await Journal.AppendAsync(_run, version, [Samples.Said(text)]);
        }

        var before = await ScriptCallsAsync();
        Assert.Equal(texts, JournalContract.SaidIn(await Journal.ReadAsync(_run.Key, 0)));

        // Two records are a page, and the first look sees that there is none that is small.
        Assert.Equal(1 + 8 + 1, await ScriptCallsAsync() - before);
    }

    [Fact]
    public async Task What_is_large_has_a_connection_of_its_own()
    {
        var before = await ConnectionsAsync();
        await Journal.AppendAsync(_run, 0, [Samples.Said("small")]);
        Assert.Equal(["small"], JournalContract.SaidIn(await Journal.ReadAsync(_run.Key, 0)));
        Assert.Equal(before, await ConnectionsAsync());

        await Journal.AppendAsync(_run, 1, [Samples.Said(new string('x', 1_000_000))]);
        Assert.Single((await ConnectionsAsync()).Except(before));
        Assert.Equal(2, (await Journal.ReadAsync(_run.Key, 0)).Count);
    }

    private async Task<long> ScriptCallsAsync() => (await _stage!.Raw.TextAsync("INFO", "commandstats"))!
        .Split("\r\n")
        .Where(line => line.StartsWith("cmdstat_eval", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split("calls=")[1].Split(',')[0], CultureInfo.InvariantCulture));

    private async Task<string[]> ConnectionsAsync() =>
        [.. (await _stage!.Raw.TextAsync("CLIENT", "LIST", "TYPE", "normal"))!.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0])];
}
