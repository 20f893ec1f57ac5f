using System.Diagnostics;
using System.Text.Json;
using AgentStream.Bench.Stages;
using StackExchange.Redis;

namespace AgentStream.Bench.Neighbours;

/// <summary>What one would write by hand: for each token an XADD, awaited, with the same Redis client.</summary>
internal static class NaiveClient
{
    /// <summary>Writes runs at once.</summary>
    /// <returns>Entries per second.</returns>
    public static async Task<double> RateAsync(Stage stage, int entries, int streams)
    {
        await stage.ClearAsync();
        using var connection = await ConnectionMultiplexer.ConnectAsync(stage.Redis.Configuration);
        var database = connection.GetDatabase();
        var each = entries / streams;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, streams).Select(i => Task.Run(() => WriteAsync(database, $"s:{i}", each))));
        return each * streams / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task WriteAsync(IDatabase database, string stream, int entries)
    {
        for (var i = 0; i < entries; i++)
        {
            var body = JsonSerializer.SerializeToUtf8Bytes(new { idx = 0, @event = "part_delta", event_idx = 0, part_delta_kind = "text", content_delta = TokenPlan.Token });
            await database.ExecuteAsync("XADD", stream, "*", "type", Protocol.Event, "origin", Protocol.DefaultEventOrigin, "body", body);
        }
    }
}
