using System.Diagnostics;
using AgentStream.TestTools;

namespace AgentStream.Bench.Stages;

/// <summary>What a suite measures on: a Redis of its own on a free port, and how long it may take.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private const int Tries = 3;

    private Stage(RedisServer redis, RawRedis raw, bool isShort, Report report) => (Redis, Raw, IsShort, Report) = (redis, raw, isShort, report);

    public RedisServer Redis { get; }

    /// <summary>A connection of the stage's own, to count and to look with.</summary>
    public RawRedis Raw { get; }

    /// <summary>Only to see that it runs.</summary>
    public bool IsShort { get; }

    public Report Report { get; }

    /// <summary>How often each side of a comparison is measured.</summary>
    public int Rounds => IsShort ? 1 : Tries;

    public static async Task<Stage> StartAsync(bool isShort, Report report)
    {
        var redis = await RedisServer.StartAsync();
        return new(redis, await redis.ConnectAsync(), isShort, report);
    }

    public T Pick<T>(T full, T brief) => IsShort ? brief : full;

    /// <summary>Runs a suite on an empty Redis. One that fails does not keep the others from running.</summary>
    public async Task RunAsync(Suite suite)
    {
        var clock = Stopwatch.StartNew();
        Console.WriteLine($"\n{suite.Name}: {suite.What}");
        try
        {
            await suite.RunAsync(this);
        }
        catch (Exception e)
        {
            Report.Fail(suite.Name, e);
        }

        Children.EndAll();
        await ClearAsync();
        Console.WriteLine($"  {clock.Elapsed.TotalSeconds:0} s, load average {Machine.Load()}");
    }

    /// <summary>Empties Redis.</summary>
    public Task ClearAsync() => Raw.CallAsync("FLUSHALL");

    /// <summary>Measures sides in turn, A B A B ..., so that what slows the machine for a while slows all of them; each is warmed up before.</summary>
    /// <returns>For each side, what it gave in each round.</returns>
    public Task<T[][]> AlternateAsync<T>(params Func<Task<T>>[] sides) => AlternateAsync(Rounds, sides);

    /// <summary>The same, with as many rounds as a suite needs.</summary>
    public async Task<T[][]> AlternateAsync<T>(int rounds, params Func<Task<T>>[] sides)
    {
        var results = sides.Select(_ => new T[rounds]).ToArray();
        for (var round = IsShort ? 0 : -1; round < rounds; round++)
        {
            for (var side = 0; side < sides.Length; side++)
            {
                var result = await sides[side]();
                if (round >= 0)
                {
                    results[side][round] = result;
                }
            }
        }

        return results;
    }

    public async ValueTask DisposeAsync()
    {
        Children.EndAll();
        Raw.Dispose();
        await Redis.DisposeAsync();
    }
}
