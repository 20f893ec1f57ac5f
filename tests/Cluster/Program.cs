using System.Diagnostics;
using System.Reflection;
using AgentStream.Cluster;
using AgentStream.TestTools;

// Three silos as processes on one Redis, on this machine:
//
//   dotnet run --project tests/Cluster -c Release
//
// It starts what it needs on free ports, ends it, and takes about a minute. The exit code is not 0 when something took longer than promised.
string Fact(string key) => typeof(Report).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(fact => fact.Key == key).Value!;

var report = new Report(Console.Out);
var clock = Stopwatch.StartNew();
await using (var redis = await RedisServer.StartAsync())
{
    Console.WriteLine($"{Environment.ProcessorCount} processors, {DateTime.UtcNow:yyyy-MM-dd}");
    using var trial = new Trial(redis, Fact("SiloProgram"), report);
    var all = RunAsync(trial);
    await Task.WhenAny(all, Task.Delay(TimeSpan.FromMinutes(6)));
    report.Check(all.IsCompleted, "the trial ends within 6 minutes");
    if (all.Exception is { } exception)
    {
        report.Check(false, exception.InnerException!.ToString());
    }

    if (report.Violations > 0)
    {
        trial.PrintOutputs();
    }
}

Console.WriteLine($"{report.Violations} violations, {clock.Elapsed.TotalSeconds:0} s");
return report.Violations == 0 ? 0 : 1;

static async Task RunAsync(Trial trial)
{
    await trial.StartAsync();
    await trial.SpreadAsync("sessions");
    await trial.KillOneAsync();
    await trial.ComeBackAndGrowAsync();
    await trial.SpreadAsync("sessions after that");
    await trial.PauseOneAsync();
    await trial.StopOneInOrderAsync();
    await trial.KillAllAndStartAsync();
    await trial.LoseDataAsync();
}
