using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using AgentStream.Storage.Redis;
using AgentStream.Storage.Tailing;
using AgentStream.Storage.Tests.Hub;
using AgentStream.TestTools;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>Redis goes away and comes back, in the ways it does. Each test has a server of its own.</summary>
public sealed class RedisOutageTests
{
    private static readonly RunToken Run = new(new(1, 2, "s"), "silo", "run");

    [Fact]
    public async Task A_listener_goes_on_when_Redis_was_killed_and_came_back()
    {
        await using var server = await RedisServer.StartAsync(isDurable: true);
        await using var stage = await RedisStage.OpenAsync(server);
        var hub = new StreamHub(stage.Log, TimeProvider.System, NullLogger<StreamHub>.Instance);
        await stage.Log.StartAsync(Run);
        await using var listener = new Heard(hub.ListenAsync(Run.Key));
        Assert.Equal("begin", await listener.NextAsync().Within());

        for (var round = 1; round <= 2; round++)
        {
            var next = listener.NextAsync();
            server.Kill();
            await Assert.ThrowsAsync<StorageUnavailableException>(() => SayAsync(stage.Log, round, $"round {round}"));
            Assert.False(next.IsCompleted);

            await server.RestartAsync();
            await WorksAsync(() => SayAsync(stage.Log, round, $"round {round}"));
            Assert.Equal($"round {round}", await next.Within());
        }

        await WorksAsync(() => stage.Log.FinishAsync(Run, 3, [], TimeSpan.FromMinutes(1)));
        Assert.Equal(["end"], await listener.RestAsync());
        Assert.Equal((0, 0, 0), (hub.ActiveFeeds, hub.ActiveListeners, stage.Log.ChannelCount));
    }

    [Fact]
    public async Task Watchers_are_told_that_they_may_have_missed_something_and_hear_again()
    {
        await using var server = await RedisServer.StartAsync(isDurable: true);
        await using var stage = await RedisStage.OpenAsync(server);
        await stage.Log.StartAsync(Run);
        var (unsure, grown, unsureOfRuns, canceled) = (Source<bool>(), Source<bool>(), Source<bool>(), Source<RunToken>());
        await using var watch = await stage.Log.WatchAsync(
            Run.Key, notice => (notice.Kind == StreamNoticeKind.Unsure ? unsure : grown).TrySetResult(true));
        await using var runs = await stage.Log.WatchRunsAsync(
            Run.SiloId,
            run =>
            {
                if (run is null)
                {
                    unsureOfRuns.TrySetResult(true);
                }
                else
                {
                    canceled.TrySetResult(run);
                }
            });

        await server.RestartAsync();
        await unsure.Task.Within();
        await unsureOfRuns.Task.Within();

        await WorksAsync(() => SayAsync(stage.Log, 1, "a"));
        await grown.Task.Within();
        await stage.Log.CancelAsync(Run.Key);
        Assert.Equal(Run, await canceled.Task.Within());
    }

    [Fact]
    public async Task Connections_do_not_grow_with_sessions_nor_with_outages()
    {
        await using var server = await RedisServer.StartAsync();
        await using var stage = await RedisStage.OpenAsync(server);
        await server.RestartAsync();
        using var raw = await server.ConnectAsync();
        await WorksAsync(() => stage.Log.IsLiveAsync(Run.Key));

        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            var run = Run with { Key = new(1, 2, $"s{i}"), RunId = $"run{i}" };
            await WorksAsync(() => stage.Log.StartAsync(run));
            await WorksAsync(() => stage.Log.WatchAsync(run.Key, _ => { }));
            await WorksAsync(() => SayAsync(stage.Log, 1, "a", run));
        }));

        var clients = (await raw.TextAsync("CLIENT", "LIST"))!.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        // One for commands and one for notices, or one for both.
        Assert.InRange(clients.Length - 1, 1, 2);
    }

    [Fact]
    public async Task An_error_says_what_was_tried_and_where_and_what_the_connection_said()
    {
        await using var server = await RedisServer.StartAsync();
        await using var stage = await RedisStage.OpenAsync(server);
        server.Kill();

        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => SayAsync(stage.Log, 1, "a"));

        Assert.StartsWith($"Redis at {server.Configuration} could not append to stream {stage.Name(Run.Key)}: ", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.InnerException);
    }

    [Fact]
    public async Task A_Redis_that_does_not_answer_is_given_up_after_the_timeout()
    {
        await using var server = await RedisServer.StartAsync();
        await using var stage = await RedisStage.OpenAsync(server);
        await stage.Raw.CallAsync("CLIENT", "PAUSE", "60000", "ALL");
        stage.Options.RedisTimeout = TimeSpan.FromMilliseconds(200);
        var started = Stopwatch.GetTimestamp();

        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => stage.Log.StartAsync(Run));

        Assert.Contains("no answer within 0.2 s", error.Message, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromMilliseconds(190), Wait.Limit);
        stage.Options.RedisTimeout = TimeSpan.FromMinutes(2);
        using var stop = new CancellationTokenSource();
        var read = stage.Log.ReadAsync(Run.Key, Cursor.Start, 1, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    [Fact]
    public async Task What_failed_for_want_of_a_connection_does_not_take_place_when_there_is_one()
    {
        await using var server = await RedisServer.StartAsync(isDurable: true);
        await using var stage = await RedisStage.OpenAsync(server, new() { RedisTimeout = TimeSpan.FromMinutes(10) });
        server.Kill();
        await Wait.Until(() => !stage.Connection.IsConnected, "the client to notice");

        // At once: a wait for the connection would be one of ten minutes.
        await Assert.ThrowsAsync<StorageUnavailableException>(() => stage.Log.StartAsync(Run)).Within();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => stage.Log.RenewLeaseAsync("silo", TimeSpan.FromMinutes(1))).Within();

        await server.RestartAsync();
        await WorksAsync(() => stage.Log.IsLiveAsync(Run.Key));
        using var raw = await server.ConnectAsync();
        Assert.Equal(0, await raw.NumberAsync("DBSIZE"));
    }

    [Theory]
    [InlineData("READONLY", "REPLICAOF", "127.0.0.1", "1")]
    [InlineData("OOM", "CONFIG", "SET", "maxmemory", "1")]
    public async Task A_Redis_that_cannot_write_for_now_is_unavailable(string answer, params string[] cause)
    {
        await using var server = await RedisServer.StartAsync();
        await using var stage = await RedisStage.OpenAsync(server);
        await stage.Raw.CallAsync(cause);

        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => stage.Log.StartAsync(Run));

        Assert.Contains(answer, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LOADING Redis is loading the dataset in memory", true)]
    [InlineData("MASTERDOWN Link with MASTER is down", true)]
    [InlineData("CLUSTERDOWN The cluster is down", true)]
    [InlineData("ERR Error running script (call to f_1): @user_script:3: @user_script: 3: -OOM command not allowed", true)]
    [InlineData("BUSY Redis is busy running a script.", true)]
    [InlineData("WRONGTYPE Operation against a key holding the wrong kind of value", false)]
    [InlineData("ERR Error running script (call to f_1): @user_script:3: @user_script: 3: -WRONGTYPE Operation", false)]
    [InlineData("ERR unknown command", false)]
    [InlineData("NOAUTH Authentication required.", false)]
    public void Answers_that_will_not_change_are_no_outage(string answer, bool isAway) =>
        Assert.Equal(isAway, RedisFaults.IsAwayAnswer(answer));

    [Fact]
    public async Task A_Redis_that_is_not_there_at_the_start_is_said_in_one_sentence()
    {
        var server = await RedisServer.StartAsync();
        await server.DisposeAsync();

        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => RedisConnection.ConnectAsync(
            server.Configuration + ",password=secret,connectRetry=1", Options.Create(new StorageOptions()), TimeProvider.System)).Within();

        Assert.StartsWith($"Redis at {server.Configuration} cannot be reached: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_connection_counts_as_away_in_whatever_words_the_client_says_so()
    {
        var reset = new IOException("Unable to write data to the transport connection.", new SocketException(104));
        Assert.True(RedisFaults.IsAway(new InvalidOperationException("Output has been completed with fault", reset)));
        Assert.True(RedisFaults.IsAway(reset));
        Assert.False(RedisFaults.IsAway(new InvalidOperationException("Output has been completed")));
    }

    [Fact]
    public async Task A_log_whose_connection_was_not_opened_says_so()
    {
        await using var connection = new RedisConnection("127.0.0.1:1", Options.Create(new StorageOptions()), TimeProvider.System);
        using var log = new RedisStreamStore(connection, Options.Create(new StorageOptions()));

        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => log.StartAsync(Run));

        Assert.Contains("has not been opened", error.Message, StringComparison.Ordinal);
    }

    private static Task<AppendResult> SayAsync(RedisStreamStore log, long number, string text, RunToken? run = null) =>
        log.AppendAsync(run ?? Run, number, [new(Protocol.Event, "o", Encoding.UTF8.GetBytes(text))]);

    private static TaskCompletionSource<T> Source<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Tries until Redis is back: as all of the log's operations may be repeated.</summary>
    private static async Task<T> WorksAsync<T>(Func<Task<T>> operation)
    {
        T? answer = default;
        await Wait.Until(
            async () =>
            {
                try
                {
                    answer = await operation();
                    return true;
                }
                catch (StorageUnavailableException)
                {
                    return false;
                }
            },
            "Redis to be back");
        return answer!;
    }
}
