using System.Net.Sockets;
using AgentStream.TestTools;

namespace AgentStream.Chaos;

/// <summary>What the trial starts: a Redis whose data survive it, silos, and a directory for what they leave.</summary>
internal sealed class Stage : IAsyncDisposable
{
    /// <summary>The prefix of the silos' keys.</summary>
    public const string Prefix = "chaos";

    /// <summary>The silos' lease: the default.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <summary>How long an ended stream stays: long enough for every listener whose connection broke just before the end.</summary>
    public static readonly TimeSpan GracePeriod = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _ending = new();

    private Stage(RedisServer redis, string redisDirectory, string program, int silos)
    {
        (Redis, RedisDirectory) = (redis, redisDirectory);
        Members = [.. Enumerable.Range(0, silos).Select(n => new Member(((char)('A' + n)).ToString(), program, Directory,
        [
            $"--ConnectionStrings:redis={redis.Configuration}", $"--AgentStream:RedisPrefix={Prefix}", $"--AgentStream:GracePeriod={GracePeriod}", $"--AgentStream:Lease={Lease}",
            .. NoLimits.Arguments,
        ]))];
    }

    public RedisServer Redis { get; }

    /// <summary>Where Redis has its files.</summary>
    public string RedisDirectory { get; }

    public IReadOnlyList<Member> Members { get; }

    /// <summary>Where logs, tool books and evidence are.</summary>
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("agentstream-chaos-").FullName;

    /// <summary>Starts all.</summary>
    public static async Task<Stage> StartAsync(string program, int silos)
    {
        var redis = await RedisServer.StartAsync(isDurable: true);
        try
        {
            using var raw = await redis.ConnectAsync();
            var stage = new Stage(redis, (await raw.TextsAsync("CONFIG", "GET", "dir"))[1]!, program, silos);
            await Task.WhenAll(stage.Members.Select(member => stage.StartAsync(member)));
            return stage;
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a silo; comes back when it serves.</summary>
    public Task StartAsync(Member member) => member.StartAsync(_ending.Token);

    /// <summary>Tells Redis to end in order.</summary>
    public async Task ShutRedisDownAsync()
    {
        using var raw = await Redis.ConnectAsync();
        try
        {
            await raw.CallAsync("SHUTDOWN");
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Its answer: the connection is closed.
        }
    }

    /// <summary>Asks Redis; tries again while it is away.</summary>
    public async Task<T> AskAsync<T>(Func<RawRedis, Task<T>> question)
    {
        while (true)
        {
            try
            {
                using var raw = await Redis.ConnectAsync();
                return await question(raw);
            }
            catch (Exception e) when (e is IOException or SocketException || (e is InvalidOperationException && e.Message.StartsWith("LOADING", StringComparison.Ordinal)))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), _ending.Token);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        foreach (var member in Members)
        {
            member.Dispose();
        }

        await Redis.DisposeAsync();
    }
}
