using System.Globalization;
using System.Text;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Tailing;
using AgentStream.Storage.Tests.Redis;
using AgentStream.TestTools;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Hub;

/// <summary>Runs follow one another in one session while listeners come and go: whatever a listener sees is in order, without a gap and without a repetition.</summary>
public sealed class StreamHubStressTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private static readonly SessionKey Key = new(1, 2, "s");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task In_memory(int seed)
    {
        using var log = new InMemoryStreamStore(Options.Create(new StorageOptions()), TimeProvider.System);
        await RunAsync(log, seed, runs: 60);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task In_Redis(int seed)
    {
        await using var stage = await RedisStage.OpenAsync(redis.Server);
        await RunAsync(stage.Log, seed, runs: 25);
        Assert.Equal(0, stage.Log.ChannelCount);
    }

    private static async Task RunAsync(IStreamStore log, int seed, int runs)
    {
        var hub = new StreamHub(log, TimeProvider.System, NullLogger<StreamHub>.Instance);
        var writing = Task.Run(() => WriteAsync(log, new Random(seed), runs));
        var listening = Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            var heard = 0;
            var random = new Random((seed * 100) + i);
            do
            {
                heard += await FollowAsync(hub, random, isSlow: i % 2 == 0);
            }
            while (!writing.IsCompleted);

            return heard;
        })).ToArray();

        await writing.Within("all runs");
        Assert.All(await Task.WhenAll(listening).Within("all listeners"), heard => Assert.True(heard > 0));
        Assert.Equal((0, 0), (hub.ActiveFeeds, hub.ActiveListeners));
    }

    private static async Task WriteAsync(IStreamStore log, Random random, int runs)
    {
        for (var i = 0; i < runs; i++)
        {
            var run = new RunToken(Key, "silo", $"{i}");
            await log.StartAsync(run);
            var (number, said, count) = (0, 0, random.Next(0, 1_500));
            while (said < count)
            {
                var batch = Enumerable.Range(said, Math.Min(random.Next(1, 60), count - said)).Select(n => Event($"{i}:{n}")).ToArray();
                said += batch.Length;
                await log.AppendAsync(run, ++number, batch);
                await Task.Yield();
                if (random.Next(4) == 0)
                {
                    // A reply that was lost.
                    await log.AppendAsync(run, number, batch);
                }
            }

            await log.FinishAsync(run, ++number, [], TimeSpan.FromMinutes(1));
        }
    }

    /// <summary>Listens from the start until the end, or leaves on the way and continues behind its cursor.</summary>
    private static async Task<int> FollowAsync(StreamHub hub, Random random, bool isSlow)
    {
        var (heard, last, cursor, isOver) = (0, "end", Cursor.Start, false);
        while (!isOver)
        {
            isOver = true;
            await foreach (var entry in hub.ListenAsync(Key, cursor))
            {
                Assert.True(entry.Cursor > cursor, $"{entry.Cursor} behind {cursor}");
                var text = Heard.Text(entry);
                Assert.True(text == "begin" || Follows(last, text, cursor == Cursor.Start), $"{text} behind {last}");
                (last, cursor) = (text, entry.Cursor);
                heard++;
                if (isSlow && random.Next(50) == 0)
                {
                    await Task.Delay(random.Next(3));
                }

                if (random.Next(400) == 0)
                {
                    isOver = false;
                    break;
                }
            }
        }

        return heard;
    }

    private static bool Follows(string last, string text, bool isFirst)
    {
        if (isFirst || last == "end")
        {
            return false;
        }

        if (text == "end")
        {
            return true;
        }

        var (said, before) = (text.Split(':'), last.Split(':'));
        return last == "begin"
            ? said[1] == "0"
            : said[0] == before[0] && int.Parse(said[1], CultureInfo.InvariantCulture) == int.Parse(before[1], CultureInfo.InvariantCulture) + 1;
    }

    private static NewEntry Event(string text) => new(Protocol.Event, "o", Encoding.UTF8.GetBytes(text));
}
