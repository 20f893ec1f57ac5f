using AgentStream.Bench.Stages;
using AgentStream.TestTools;
using StackExchange.Redis;

namespace AgentStream.Bench.Neighbours;

/// <summary>The bare pair's way, with the Redis client that the runtime uses: an awaited XADD, and an XREAD BLOCK on a connection of its own. What this takes more is the client's, not the runtime's.</summary>
internal static class ClientPair
{
    private const string Stream = "client";

    /// <summary>Sends stamped tokens at a rate.</summary>
    /// <returns>How old each was when it had been read, in microseconds.</returns>
    public static async Task<List<double>> AgesAsync(Stage stage, int tokens, double rate)
    {
        await stage.Raw.CallAsync("DEL", Stream);
        using var reader = await ConnectAsync(stage);
        using var writer = await ConnectAsync(stage);
        var reading = ReadAsync(reader.GetDatabase(), tokens);
        var database = writer.GetDatabase();
        for (var i = 0; i < tokens; i++)
        {
            await PlannedModel.SleepAsync(TimeSpan.FromSeconds(1 / rate));
            await database.ExecuteAsync("XADD", Stream, "*", "type", Protocol.Event, "origin", Protocol.DefaultEventOrigin, "body", TokenPlan.Body(TokenPlan.Stamp()));
        }

        return await reading.Within();
    }

    private static Task<ConnectionMultiplexer> ConnectAsync(Stage stage) => ConnectionMultiplexer.ConnectAsync(
        stage.Redis.Configuration, options => options.ConnectTimeout = options.AsyncTimeout = (int)Wait.Limit.TotalMilliseconds);

    private static async Task<List<double>> ReadAsync(IDatabase database, int tokens)
    {
        var ages = new List<double>(tokens);
        for (var last = "0-0"; ages.Count < tokens;)
        {
            // One stream, its name and its entries: as a list of such pairs (RESP2), or as a map (RESP3), which the client flattens. An entry: its id and its fields.
            if ((RedisResult[]?)await database.ExecuteAsync("XREAD", "BLOCK", "1000", "STREAMS", Stream, last) is not { } answer)
            {
                continue;
            }

            foreach (var entry in answer is [var pair] ? (RedisResult[])((RedisResult[])pair!)[1]! : (RedisResult[])answer[1]!)
            {
                var parts = (RedisResult[])entry!;
                last = (string)parts[0]!;
                ages.Add(TokenPlan.Age((byte[])((RedisResult[])parts[1]!)[^1]!)!.Value);
            }
        }

        return ages;
    }
}
