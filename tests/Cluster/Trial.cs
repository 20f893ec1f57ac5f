using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using AgentStream.TestTools;

namespace AgentStream.Cluster;

/// <summary>The trial, phase by phase. The runs in it count slowly and for hours, so that each session is live until something ends it.</summary>
internal sealed class Trial : IDisposable
{
    private const int Sessions = 300;

    // What a client waits for at the most. A lease is 10 s. A silo that was killed is out of the cluster before. One whose connections stand is believed for three probes of 3 s, and the first of
    // them begins up to 3 s after its last answer.
    private const double UntilAnswered = 10;
    private const double UntilAnsweredForPaused = 13;
    private const double UntilFree = 13;
    private const double WhileStopping = 3;
    private const double UntilStarted = 30;
    private const double UntilRecovered = 60;

    private readonly string _prefix = RedisServer.NewPrefix();
    private readonly RedisServer _redis;
    private readonly string _program;
    private readonly Report _report;
    private readonly List<SiloProcess> _silos = [];
    private readonly List<string> _live = [];
    private readonly Caller _caller;
    private Log? _log;
    private int _sessions;

    public Trial(RedisServer redis, string program, Report report)
    {
        (_redis, _program, _report) = (redis, program, report);
        _caller = new Caller(_silos);
        foreach (var name in (string[])["A", "B", "C"])
        {
            AddSilo(name);
        }
    }

    public async Task StartAsync()
    {
        _log = new Log(await _redis.ConnectAsync(), _prefix);
        foreach (var silo in _silos)
        {
            _report.Seconds($"silo {silo.Name} serves", [await StartAsync(silo)], UntilStarted);
        }
    }

    /// <summary>Starts sessions through all silos in turn, and looks who runs them.</summary>
    public async Task SpreadAsync(string what)
    {
        var sessions = NewSessions(Sessions);
        _report.Seconds($"{Sessions} {what} are started", await ForEachAsync(sessions, session => _caller.StartAsync(session)), UntilAnswered);
        var owners = await OwnersAsync(sessions);
        var shares = _silos.Select(silo => (silo.Name, Count: owners.Count(owner => owner == silo.Id))).ToList();
        _report.Say($"{Sessions} {what} on {_silos.Count} silos", string.Join(", ", shares.Select(share => $"{share.Name} {share.Count}")));
        _report.Check(shares.Sum(share => share.Count) == Sessions, $"all {what} are live");
        _report.Check(shares.All(share => share.Count >= Sessions / _silos.Count / 2), $"{what}: no silo has less than half of an even share");
    }

    /// <summary>kill -9: what lived there is answered by others, and may start again once the lease is over.</summary>
    public async Task KillOneAsync()
    {
        var silo = _silos[1];
        var lost = await _log!.SessionsAsync(silo.Id);
        var elsewhere = _live.Except(lost).Take(30).ToList();
        silo.Kill();

        var third = lost.Count / 3;
        var queried = ForEachAsync(lost.Take(third), _caller.GetAsync);
        var canceled = ForEachAsync(lost.Skip(third).Take(third), _caller.CancelAsync);
        var started = ForEachAsync(lost.Skip(2 * third), session => _caller.StartAsync(session, () => IsTakenOverAsync(session, silo.Id)));
        var others = ForEachAsync(elsewhere, _caller.GetAsync);
        var listed = _caller.ListSessionsAsync();
        await Task.WhenAll(queried, canceled, started, others, listed);

        _report.Seconds("killed silo: its sessions answer queries", await queried, UntilAnswered);
        _report.Seconds("killed silo: its sessions answer cancels", await canceled, UntilAnswered);
        _report.Seconds("killed silo: its sessions take a new prompt, or are recovered", await started, UntilFree);
        _report.Seconds("killed silo: sessions elsewhere answer", await others, UntilAnswered);
        _report.Seconds("killed silo: the list of live sessions", [await listed], UntilAnswered);
        foreach (var failure in _caller.Failures)
        {
            _report.Say("killed silo: failed attempts on the way", failure);
        }
    }

    /// <summary>The killed silo comes back, at its old address, and a fourth one joins.</summary>
    public async Task ComeBackAndGrowAsync()
    {
        _report.Seconds("the killed silo serves again", [await StartAsync(_silos[1])], UntilStarted);
        _report.Seconds("a fourth silo serves", [await StartAsync(AddSilo("D"))], UntilStarted);
    }

    /// <summary>SIGSTOP: a silo that says nothing any more, on connections that stand; as a machine that lost its power, or a debugger.</summary>
    public async Task PauseOneAsync()
    {
        var silo = _silos[^1];
        var lost = await _log!.SessionsAsync(silo.Id);
        await silo.PauseAsync();
        var queried = ForEachAsync(lost.Take(lost.Count / 2), _caller.GetAsync);
        var started = ForEachAsync(lost.Skip(lost.Count / 2), session => _caller.StartAsync(session, () => IsTakenOverAsync(session, silo.Id)));
        await Task.WhenAll(queried, started);
        _report.Seconds("paused silo: its sessions answer queries", await queried, UntilAnsweredForPaused);
        _report.Seconds("paused silo: its sessions take a new prompt, or are recovered", await started, UntilFree);
        _report.Say("paused silo, when it continues", await silo.ContinueAsync(TimeSpan.FromSeconds(5)));

        var stolen = 0;
        foreach (var session in lost.Skip(lost.Count / 2))
        {
            stolen += await _log!.OwnerAsync(session) == silo.Id ? 1 : 0;
        }

        _report.Say("paused silo: sessions it took back from their new owners (0)", stolen.ToString(CultureInfo.InvariantCulture));
        _report.Check(stolen == 0, "a silo that was paused writes to no session that has another owner");
        _silos.Remove(silo);
        silo.Dispose();
    }

    /// <summary>SIGTERM under traffic: no call is without an answer for long, and no run is left behind.</summary>
    public async Task StopOneInOrderAsync()
    {
        var silo = _silos[0];
        using var caller = new Caller(_silos);
        using var stop = new CancellationTokenSource();
        var times = new ConcurrentBag<TimeSpan>();
        var accepted = new ConcurrentBag<string>();
        var traffic = Enumerable.Range(0, 8).Select(_ => CallAsync()).ToList();
        await Wait.Until(() => accepted.Count > 50, "traffic");
        var (took, exitCode) = await silo.StopAsync();
        var soFar = accepted.Count;
        await Wait.Until(() => accepted.Count > soFar + 50, "traffic after the stop");
        await stop.CancelAsync();
        await Task.WhenAll(traffic);

        _report.Seconds("SIGTERM: the process has ended", [took], 10);
        _report.Check(exitCode == 0, $"the exit code after SIGTERM is 0, not {exitCode}:\n{silo.Output}");
        _report.Seconds("SIGTERM: calls meanwhile", times, WhileStopping);
        foreach (var failure in caller.Failures)
        {
            _report.Say("SIGTERM: failed attempts on the way", failure);
        }

        // What it owned has ended or gone to another; the log would still name it otherwise.
        var left = 0;
        foreach (var session in _live.Concat(accepted))
        {
            left += await _log!.OwnerAsync(session) == silo.Id ? 1 : 0;
        }

        _report.Say("SIGTERM: runs left behind (0)", left.ToString(CultureInfo.InvariantCulture));
        _report.Check(left == 0, "a silo that stops in order leaves no run behind");
        var again = 0;
        foreach (var session in accepted)
        {
            again += await _log!.PromptsAsync(session) - 1;
        }

        _report.Say("SIGTERM: prompts that became a second run (0)", again.ToString(CultureInfo.InvariantCulture));
        _report.Check(again == 0, "a prompt that is sent again is one run");
        _silos.Remove(silo);
        silo.Dispose();

        async Task CallAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                var session = NewSession();
                times.Add(await caller.StartAsync(session));
                accepted.Add(session);
                times.Add(await caller.GetAsync(session));
                times.Add(await caller.CancelAsync(session));
                await Task.Delay(TimeSpan.FromMilliseconds(50));
            }
        }
    }

    /// <summary>The machine room loses its power: all silos at once, and all come back, at other addresses, so that nobody is known as anybody's successor.</summary>
    public async Task KillAllAndStartAsync()
    {
        foreach (var silo in _silos)
        {
            silo.Kill();
            silo.Move();
        }

        var clock = Stopwatch.StartNew();
        var starts = await Task.WhenAll(_silos.Select(silo => silo.SuperviseAsync()));
        _report.Say($"all {_silos.Count} silos killed: starts until they serve", string.Join(", ", starts));
        _report.Seconds("all silos killed and started: all serve", [clock.Elapsed], UntilRecovered);
        await _caller.StartAsync(NewSession());
        _report.Seconds("all silos killed and started: a prompt is accepted", [clock.Elapsed], UntilRecovered);
    }

    /// <summary>Redis comes back empty: runs and the list of silos are gone; the silos continue. Who joins later may not find them, and works beside them, on the same log.</summary>
    public async Task LoseDataAsync()
    {
        _redis.Kill();
        await Task.Delay(TimeSpan.FromSeconds(2));
        await _redis.RestartAsync();
        _log!.Dispose();
        _log = new Log(await _redis.ConnectAsync(), _prefix);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(_silos.Select(async silo =>
        {
            using var caller = new Caller([silo]);
            await caller.StartAsync(NewSession());
        }));
        _report.Seconds("Redis lost its data: each silo accepts prompts again", [clock.Elapsed], UntilAnswered);
        await Task.Delay(TimeSpan.FromSeconds(12));
        _report.Say("Redis lost its data: silos that are still there", string.Join(", ", _silos.Where(silo => silo.IsRunning).Select(silo => silo.Name)));
        var newcomer = AddSilo("E");
        _report.Seconds("Redis lost its data: another silo serves", [await StartAsync(newcomer)], UntilStarted);

        var sessions = NewSessions(Sessions);
        await ForEachAsync(sessions, session => _caller.StartAsync(session));
        var owners = await OwnersAsync(sessions);
        var joined = owners.Count(owner => owner == newcomer.Id);
        _report.Say($"Redis lost its data: {Sessions} sessions", string.Create(CultureInfo.InvariantCulture, $"E {joined}, others {owners.Count(owner => owner is not null) - joined}"));
        _report.Check(!owners.Contains(null), "Redis lost its data: all new sessions are live");
    }

    public void PrintOutputs()
    {
        foreach (var silo in _silos)
        {
            Console.WriteLine($"--- silo {silo.Name}\n{silo.Output}");
        }
    }

    public void Dispose()
    {
        foreach (var silo in _silos)
        {
            silo.Dispose();
        }

        _caller.Dispose();
        _log?.Dispose();
    }

    private static async Task<IReadOnlyCollection<TimeSpan>> ForEachAsync(IEnumerable<string> sessions, Func<string, Task<TimeSpan>> call)
    {
        var times = new ConcurrentBag<TimeSpan>();
        await Parallel.ForEachAsync(sessions, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (session, _) => times.Add(await call(session)));
        return times;
    }

    private SiloProcess AddSilo(string name)
    {
        var silo = new SiloProcess(
            name, _program, [$"--ConnectionStrings:redis={_redis.Configuration}", $"--AgentStream:RedisPrefix={_prefix}", "--AgentStream:Demo:TokenDelay=00:00:01", .. NoLimits.Arguments]);
        _silos.Add(silo);
        return silo;
    }

    private async Task<TimeSpan> StartAsync(SiloProcess silo)
    {
        var before = await _log!.LeasesAsync();
        var took = await silo.StartAsync();
        await Wait.Until(async () => (await _log.LeasesAsync()).Except(before).Any(), $"the lease of silo {silo.Name}");
        silo.Id = (await _log.LeasesAsync()).Except(before).Single();
        return took;
    }

    private async Task<IReadOnlyList<string?>> OwnersAsync(IEnumerable<string> sessions)
    {
        var owners = new List<string?>();
        foreach (var session in sessions)
        {
            owners.Add(await _log!.OwnerAsync(session));
        }

        return owners;
    }

    private async Task<bool> IsTakenOverAsync(string session, string deadSilo) =>
        await _log!.OwnerAsync(session) is { } owner && owner != deadSilo;

    private List<string> NewSessions(int count)
    {
        List<string> sessions = [.. Enumerable.Range(0, count).Select(_ => NewSession())];
        _live.AddRange(sessions);
        return sessions;
    }

    private string NewSession() => string.Create(CultureInfo.InvariantCulture, $"s{Interlocked.Increment(ref _sessions)}");
}
