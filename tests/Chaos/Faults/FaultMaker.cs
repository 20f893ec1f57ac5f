using System.Globalization;

namespace AgentStream.Chaos;

/// <summary>Breaks things at random times, several at once too, and mends them again. At least one silo serves all the time, but when all are killed at once.</summary>
internal sealed class FaultMaker(Stage stage, FaultLog log, Violations violations, Figures figures, Settings settings)
{
    private readonly Random _random = new(settings.Seed);
    private readonly SemaphoreSlim _redis = new(1);
    private readonly List<Task> _underWay = [];

    /// <summary>Makes faults until it is told to end, then mends what is broken.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        (int Count, string Kind, Func<Task> Make)[] all =
        [
            (3, "kill", () => OnSomeAsync(1, KillAsync)),
            (1, "kill", () => OnSomeAsync(2, KillAsync)),
            (1, "kill", KillAllAsync),
            (2, "stop", () => OnSomeAsync(1, StopAsync)),
            (1, "stop", () => RollAsync(end)),
            (2, "pause", () => OnSomeAsync(1, member => PauseAsync(member, 500, 7_000, end))),
            (2, "pause", () => OnSomeAsync(1, member => PauseAsync(member, 12_000, 18_000, end))),
            (1, "redis", () => RestartRedisAsync("redis killed", () =>
            {
                stage.Redis.Kill();
                return Task.CompletedTask;
            })),
            (1, "redis", () => RestartRedisAsync("redis shut down", stage.ShutRedisDownAsync)),
        ];
        Func<Task>[] deck = [.. all.Where(fault => settings.Faults.Contains(fault.Kind)).SelectMany(fault => Enumerable.Repeat(fault.Make, fault.Count))];
        try
        {
            // Dealt as cards are: each comes before any comes again.
            for (var card = 0; ; card = (card + 1) % deck.Length)
            {
                if (card == 0)
                {
                    Shuffle(deck);
                }

                // Mostly while the last one is still felt; now and then when all has settled, so that each kind is seen alone, too.
                await Task.Delay(Next(0, 8) == 0 ? Next(16_000, 24_000) : Next(1_000, 8_000), end);
                _underWay.Add(deck[card]());
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(_underWay);
        }
    }

    /// <summary>Stops and starts one silo after the other.</summary>
    public async Task RollAsync(CancellationToken end)
    {
        var rolling = log.Begin("rolling restart", "rolling restart begins");
        foreach (var member in stage.Members)
        {
            if (end.IsCancellationRequested)
            {
                break;
            }

            await member.Turn.WaitAsync(CancellationToken.None);
            await HoldingAsync(member, StopAsync);
        }

        rolling.End = DateTime.UtcNow;
    }

    /// <summary>SIGTERM and a new start.</summary>
    private async Task StopAsync(Member member)
    {
        var fault = log.Begin("stop", $"{member.Name} is stopped");
        var (took, exitCode) = await member.StopAsync();
        figures.Longest("longest orderly stop", took);
        if (exitCode is not (0 or Settings.DeclaredDead))
        {
            violations.Add("-", "a silo that is stopped in order ends with exit code 0", $"silo {member.Name}: {exitCode}", "");
        }

        await ReviveAsync(member, fault, 0, 3_000);
    }

    private async Task KillAsync(Member member)
    {
        var fault = log.Begin("kill", $"{member.Name} is killed");
        member.Kill();
        await ReviveAsync(member, fault, 0, 6_000);
    }

    private async Task PauseAsync(Member member, int least, int most, CancellationToken end)
    {
        var milliseconds = Next(least, most);
        var fault = log.Begin(
            milliseconds > Stage.Lease.TotalMilliseconds ? "pause beyond the lease" : "pause",
            string.Create(CultureInfo.InvariantCulture, $"{member.Name} is paused for {milliseconds / 1000.0:0.0} s"));
        await member.PauseAsync();
        await Task.Delay(milliseconds, end).ContinueWith(_ => { }, TaskScheduler.Default);
        await member.ContinueAsync();
        fault.End = DateTime.UtcNow;
    }

    private async Task KillAllAsync()
    {
        // A fault that is at work on a silo is waited for: all together it must be.
        foreach (var member in stage.Members)
        {
            await member.Turn.WaitAsync();
        }

        var fault = log.Begin("kill all", "all silos are killed");
        foreach (var member in stage.Members)
        {
            member.Kill();
        }

        await Task.WhenAll(stage.Members.Select(member => HoldingAsync(member, _ => ReviveAsync(member, fault, 0, 2_000))));
    }

    private async Task RestartRedisAsync(string kind, Func<Task> end)
    {
        if (!await _redis.WaitAsync(0))
        {
            return;
        }

        try
        {
            var fault = log.Begin(kind, kind);
            await end();
            await Task.Delay(Next(0, 5_000));
            await stage.Redis.RestartAsync();
            fault.End = DateTime.UtcNow;
        }
        finally
        {
            _redis.Release();
        }
    }

    /// <summary>Does something to silos that nothing is being done to, as long as another one serves.</summary>
    private Task OnSomeAsync(int count, Func<Member, Task> act)
    {
        var free = stage.Members.Where(member => member.Url is not null && member.Turn.CurrentCount == 1).ToArray();
        Shuffle(free);
        var most = Math.Min(count, free.Length - 1);
        return Task.WhenAll(free.Take(most).Where(member => member.Turn.Wait(0)).Select(member => HoldingAsync(member, act)));
    }

    private async Task ReviveAsync(Member member, Fault fault, int least, int most)
    {
        await Task.Delay(Next(least, most));
        await stage.StartAsync(member);
        fault.End = DateTime.UtcNow;
    }

    private void Shuffle<T>(T[] items)
    {
        lock (_random)
        {
            _random.Shuffle(items);
        }
    }

    private int Next(int least, int most)
    {
        lock (_random)
        {
            return _random.Next(least, most);
        }
    }

    private static async Task HoldingAsync(Member member, Func<Member, Task> act)
    {
        try
        {
            await act(member);
        }
        finally
        {
            member.Turn.Release();
        }
    }
}
