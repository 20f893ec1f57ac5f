using System.Globalization;
using AgentStream.Chaos.Approvals;

namespace AgentStream.Chaos;

/// <summary>The trial: traffic and faults side by side, then quiet, then a look at what is left.</summary>
internal sealed class Trial(Stage stage, Settings settings, Violations violations, Figures figures, TextWriter output) : IDisposable
{
    private static readonly TimeSpan ReadEvery = TimeSpan.FromMilliseconds(50);

    private readonly Ledger _ledger = new();
    private readonly FaultLog _faults = new(output);
    private readonly Edge _edge = new(stage);

    /// <summary>Runs to the end.</summary>
    /// <param name="giveUp">Breaks it off.</param>
    public async Task RunAsync(CancellationToken giveUp)
    {
        foreach (var member in stage.Members)
        {
            member.EndedByItself = exitCode => EndedByItself(member, exitCode);
        }

        var tools = new ToolCheck(violations, figures);
        var approvals = new ApprovalCheck(violations, figures);
        var check = new SessionCheck(stage, _edge, tools, violations, figures, _faults);
        var maker = new FaultMaker(stage, _faults, violations, figures, settings);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(giveUp);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(giveUp);
        end.CancelAfter(settings.Duration);

        var reading = Task.Run(() => ReadAsync(over.Token), CancellationToken.None);
        var asking = new LiveCheck(stage, _edge, violations, figures).RunAsync(end.Token);
        var making = maker.RunAsync(end.Token);
        var visiting = Task.WhenAll(Enumerable.Range(0, settings.Runs).Select(number => Task.Run(
            () => new Visitor(number, _edge, _ledger, check, figures, _faults, settings).RunAsync(end.Token, giveUp), CancellationToken.None)));

        var paying = Task.WhenAll(Enumerable.Range(0, Math.Max(4, settings.Runs / 10)).Select(number => Task.Run(
            () => new Payer(number, _edge, approvals, violations, figures, settings.Seed).RunAsync(end.Token, giveUp), CancellationToken.None)));

        // Whoever fails has something to say that the others cannot do without.
        foreach (var task in await WhenAllOrOneFailsAsync(reading, asking, making, visiting, paying))
        {
            await task;
        }

        giveUp.ThrowIfCancellationRequested();
        output.WriteLine("all runs have ended");
        await KeyCheck.CheckAsync(stage, check.IsClosed, violations);
        await StopAllAsync();
        await KeyCheck.CheckLeasesAsync(stage, violations);
        await over.CancelAsync();
        await reading;
        tools.Check(stage.Directory, check.IsClosed);
        approvals.Check(stage.Directory);
        figures.Add("entries written to streams", _ledger.Entries);
        foreach (var (kind, count) in _faults.Counts())
        {
            figures.Add($"fault: {kind}", count);
        }
    }

    public void Dispose() => _edge.Dispose();

    /// <summary>Waits for all but the first, which continues until it is told to end, or for one that fails.</summary>
    private static async Task<IEnumerable<Task>> WhenAllOrOneFailsAsync(Task reading, params Task[] others)
    {
        var all = new List<Task>(others) { reading };
        while (all.Count > 1)
        {
            var done = await Task.WhenAny(all);
            all.Remove(done);
            if (done == reading || done.IsFaulted)
            {
                return [done];
            }
        }

        return others;
    }

    private async Task ReadAsync(CancellationToken over)
    {
        using var file = new AppendOnlyFile(stage.RedisDirectory, _ledger.Take);
        using var timer = new PeriodicTimer(ReadEvery);
        try
        {
            while (await timer.WaitForNextTickAsync(over))
            {
                file.Read();
            }
        }
        catch (OperationCanceledException)
        {
            file.Read();
            figures.Add("files that Redis has written its changes to", file.Number);
        }
    }

    private async Task StopAllAsync()
    {
        foreach (var member in stage.Members)
        {
            var (took, exitCode) = await member.StopAsync();
            figures.Longest("longest orderly stop", took);
            if (exitCode is not (0 or Settings.DeclaredDead))
            {
                violations.Add("-", "a silo that is stopped in order ends with exit code 0", $"silo {member.Name}: {exitCode}", "");
            }
        }
    }

    private void EndedByItself(Member member, int exitCode)
    {
        figures.Add("silos that ended by themselves and were started again", 1);
        if (exitCode != Settings.DeclaredDead)
        {
            violations.Add("-", "a silo does not end by itself", string.Create(CultureInfo.InvariantCulture, $"silo {member.Name}: exit code {exitCode}"), "");
        }
    }
}
