using System.Text.Json;
using AgentStream.GrainTesting;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;

namespace AgentStream.Python.Tests;

/// <summary>Our silo and Python's scripts on one Redis, and a session that no other test has.</summary>
internal sealed class Stage : IAsyncDisposable
{
    /// <summary>How long our streams stay after their end: long enough for a Python to start on a busy machine.</summary>
    public static readonly TimeSpan GracePeriod = TimeSpan.FromHours(1);

    private readonly RedisServer _redis;

    private Stage(RedisServer redis, TestSilos silos, RawRedis raw) => (_redis, Silos, Raw) = (redis, silos, raw);

    public TestSilos Silos { get; }

    public RawRedis Raw { get; }

    public SessionKey Key { get; } = TestSilos.NewSession();

    /// <summary>The Redis, as a program is configured to use it.</summary>
    public string Redis => _redis.Configuration;

    /// <summary>The session's stream.</summary>
    public string Stream => $"{Silos.Prefix}:{Key}";

    /// <summary>The session's live flag.</summary>
    public string Live => $"{Stream}:live";

    /// <summary>Opens a stage whose agent has a model, and perhaps a tool named <c>tool</c>.</summary>
    public static async Task<Stage> OpenAsync(IChatClient? model = null, Delegate? tool = null)
    {
        var redis = await RedisServer.SharedAsync();
        var silos = await TestSilos.StartAsync(
            redis.Configuration,
            model ?? new ScriptedModel([Step.Say("ok")]),
            options => options.GracePeriod = GracePeriod,
            agent => AddTool(agent, tool),
            storage: storage => storage.ListExternalSessions = true);
        return new(redis, silos, await redis.ConnectAsync());
    }

    /// <summary>Starts a run of ours.</summary>
    public Task<StartedRun> StartAsync() => Silos.Client.StartAsync(Key, new RunRequest("go")).Within();

    /// <summary>Starts a Python listener.</summary>
    public PythonScript Listen(int wait = 20, int timeout = 20) => Python("listen", wait, timeout);

    /// <summary>Starts a Python program that writes a run, step by step.</summary>
    public PythonScript Write(int secondsAgo = 0) => Python("write", secondsAgo);

    /// <summary>Has Python cancel the session.</summary>
    public async Task<bool> PythonCancelsAsync(params object[] rest)
    {
        await using var script = Python("cancel", rest);
        return JsonSerializer.Deserialize<bool>(Assert.Single(await script.RestAsync()));
    }

    /// <summary>Has Python find a user's live sessions.</summary>
    public async Task<IReadOnlyList<string>> PythonFindsAsync(UserKey user)
    {
        await using var script = PythonScript.Start("find", _redis.Port, Silos.Prefix, user.Scope, user.User);
        return [.. (await script.RestAsync()).Order(StringComparer.Ordinal)];
    }

    /// <summary>Waits until a Python listener of the session waits for an event.</summary>
    public Task PythonWaitsAsync() => Wait.Until(
        async () => (await Raw.TextAsync("CLIENT", "LIST"))!.Split('\n').Any(client =>
            client.Contains($"name=listener-of-{Key.Session} ", StringComparison.Ordinal) && client.Contains("cmd=xread", StringComparison.Ordinal)),
        "a Python listener that waits");

    /// <summary>What our listener gets, behind a cursor or from the start, as it goes over the wire.</summary>
    public async Task<IReadOnlyList<string>> WeHearAsync(Cursor? after = null)
    {
        var heard = new List<string>();
        await HearAsync(heard, after);
        return heard;
    }

    /// <summary>What our listener gets before it gives a crashed run up, as it goes over the wire.</summary>
    public async Task<IReadOnlyList<string>> WeHearUntilGivenUpAsync()
    {
        var heard = new List<string>();
        await Assert.ThrowsAsync<RunFailedException>(() => HearAsync(heard, after: null));
        return heard;
    }

    public async ValueTask DisposeAsync()
    {
        Raw.Dispose();
        await Silos.DisposeAsync();
    }

    private async Task HearAsync(List<string> heard, Cursor? after)
    {
        await foreach (var item in Silos.Client.ListenRawAsync(Key, after).WithPatience())
        {
            heard.Add(item.ToJson());
        }
    }

    private static AgentBuilder AddTool(AgentBuilder agent, Delegate? tool) => tool is null ? agent : agent.WithTool(tool, "tool");

    private PythonScript Python(string name, params object[] rest) =>
        PythonScript.Start(name, [_redis.Port, Silos.Prefix, Key.Scope, Key.User, Key.Session, .. rest]);
}
