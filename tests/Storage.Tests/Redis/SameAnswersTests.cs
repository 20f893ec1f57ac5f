using System.Globalization;
using System.Text;
using AgentStream.Storage.InMemory;
using AgentStream.TestTools;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>Both logs, asked the same, answer the same: random sequences of operations by three processes on two sessions.</summary>
public sealed class SameAnswersTests(RedisFixture redis) : IClassFixture<RedisFixture>, IAsyncLifetime
{
    private static readonly string[] Silos = ["silo-0", "silo-1", "silo-2"];
    private static readonly SessionKey[] Keys = [new(1, 2, "a"), new(1, 2, "b")];

    private RedisStage? _stage;

    public async Task InitializeAsync() => _stage = await RedisStage.OpenAsync(redis.Server);

    public async Task DisposeAsync() => await _stage!.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task The_logs_agree(int seed)
    {
        using var memory = new InMemoryStreamStore(Options.Create(_stage!.Options), TimeProvider.System);
        var (one, two) = (new Player(memory), new Player(_stage.Log));
        var random = new Random(seed);
        var runs = new List<RunToken>();
        runs.Add(NewRun());
        var story = new StringBuilder();

        for (var step = 0; step < 400; step++)
        {
            var run = runs[^random.Next(1, Math.Min(runs.Count, 6) + 1)];
            var number = random.Next(1, 12);
            Func<Player, Task<string>> play;
            switch (random.Next(12))
            {
                case 0 or 1:
                    run = NewRun();
                    runs.Add(run);
                    play = player => player.StartAsync(run);
                    break;
                case 2:
                    play = player => player.StartAsync(run);
                    break;
                case 3 or 4 or 5:
                    play = player => player.AppendAsync(run, number, step);
                    break;
                case 6:
                    play = player => player.FinishAsync(run, number, step);
                    break;
                case 7:
                    play = player => player.CancelAsync(run.Key);
                    break;
                case 8:
                    play = player => player.GiveUpAsync(run.SiloId);
                    break;
                default:
                    play = player => player.LookAsync(run.Key, runs);
                    break;
            }

            var (expected, seen) = (await play(one), await play(two));
            story.Append(CultureInfo.InvariantCulture, $"\n{step}: {expected}");
            Assert.True(expected == seen, $"Seed {seed}: in memory {expected}, in Redis {seen}, after:{story}");
        }

        RunToken NewRun() => new(Keys[random.Next(Keys.Length)], Silos[random.Next(Silos.Length)], $"{seed}-{runs.Count}");
    }

    /// <summary>Does things to one log and says what came of it. Cursors differ between logs, so it says which entry they are of, by text.</summary>
    private sealed class Player(IStreamStore log)
    {
        private readonly Dictionary<(SessionKey Key, Cursor Cursor), string> _names = [];

        public async Task<string> StartAsync(RunToken run)
        {
            try
            {
                var begin = await log.StartAsync(run);
                return $"start {run.RunId}: begin {await NameAsync(run.Key, begin, $"begin of {run.RunId}")}";
            }
            catch (SessionBusyException busy)
            {
                return $"start {run.RunId}: {busy.Message}";
            }
        }

        public async Task<string> AppendAsync(RunToken run, long number, int step) =>
            $"append {run.RunId} {number}: {await SayAsync(run.Key, await log.AppendAsync(run, number, [Event(step), Event(step)]))}";

        public async Task<string> FinishAsync(RunToken run, long number, int step) =>
            $"finish {run.RunId} {number}: {await SayAsync(run.Key, await log.FinishAsync(run, number, [Event(step)], TimeSpan.FromMinutes(1)))}";

        public async Task<string> CancelAsync(SessionKey key) => $"cancel {key}: {await log.CancelAsync(key)}";

        public async Task<string> GiveUpAsync(string siloId)
        {
            await log.RenewLeaseAsync(siloId, TimeSpan.Zero);
            return $"give up {siloId}";
        }

        public async Task<string> LookAsync(SessionKey key, IReadOnlyList<RunToken> runs)
        {
            var slice = await log.ReadAsync(key, Cursor.Start, 10_000);
            var entries = slice.Events.Select(entry => $"{entry.Type}{Encoding.UTF8.GetString(entry.Body.Span)}");
            var live = await log.GetLiveSessionsAsync(key.UserKey);
            var statuses = await log.CheckAsync(runs);
            return $"look {key}: {string.Join(' ', entries)} open {slice.IsOpen} live {await log.IsLiveAsync(key)} "
                + $"all {string.Join(' ', live)} runs {string.Join(' ', statuses)}";
        }

        private static NewEntry Event(int step) => new(Protocol.Info, "o", Encoding.UTF8.GetBytes(step.ToString(CultureInfo.InvariantCulture)));

        private async Task<string> SayAsync(SessionKey key, AppendResult result) =>
            $"{result.Status} {await NameAsync(key, result.Last, $"entry {_names.Count}")}";

        private async Task<string> NameAsync(SessionKey key, Cursor cursor, string name)
        {
            if (cursor == Cursor.Start)
            {
                return "nothing";
            }

            if (_names.TryAdd((key, cursor), name))
            {
                // A cursor that is new is the stream's last, and greater than all that the session had.
                Assert.Equal(cursor, (await log.ReadAsync(key, Cursor.Start, 10_000)).Events[^1].Cursor);
                Assert.Equal(cursor, _names.Keys.Where(known => known.Key == key).Max(known => known.Cursor));
            }

            return _names[(key, cursor)];
        }
    }
}
