using System.Diagnostics;
using AgentStream.Bench;
using AgentStream.Bench.Roles;
using AgentStream.Bench.Stages;
using AgentStream.Bench.Suites;

// What AgentStream costs, beside its neighbours on the same machine in the same minutes:
//
//   dotnet run -c Release --project bench/Bench -- [<suite>...] [--short] [--out <directory>]
//
// It starts what it needs on free ports of this machine and ends it, also on Ctrl-C. The exit code says whether all suites ran, not whether their goals were met.
Suite[] suites =
[
    new("append", "events per second into Redis, 1, 64 and 1,024 runs", Append.RunAsync),
    new("latency", "from the model to the listener, idle and at half of the load", Latency.RunAsync),
    new("fanout", "10,000 listeners over 100 runs in one process", Fanout.RunAsync),
    new("live", "100,000 runs that wait for their model in one process", Live.RunAsync),
    new("query", "a user's live sessions among a million keys", Query.RunAsync),
    new("history", "1,000 prompts of one session", History.RunAsync),
    new("journal", "1, 64 and 1,024 sessions that append to their journals", Journal.RunAsync),
    new("sse", "1,000 HTTP connections", Sse.RunAsync),
    new("cancel", "runs of one silo, canceled through another", Cancel.RunAsync),
    new("takeover", "a killed silo with 1,000 runs", Takeover.RunAsync),
    new("attacks", "what one user can take from the others, and from the silo's memory; not in the short form", Attacks.RunAsync, IsInShortForm: false),
    new("telemetry", "runs whose spans and metrics are exported, and the start of a silo that does so", Telemetry.RunAsync),
    new("start", "from the start of the process to the first token", Start.RunAsync),
    new("micro", "hot pieces by themselves, with BenchmarkDotNet; not in the short form", MicroSuite.RunAsync, IsInShortForm: false),
];

if (Role.Of(args) is { } role)
{
    await role;
    return 0;
}

var (settings, error) = Settings.Read(args, suites);
if (settings is null)
{
    await Console.Error.WriteLineAsync($"{error}{Settings.Usage(suites)}");
    return error.Length == 0 ? 0 : 2;
}

using var interrupt = Children.EndOnSignals();
var clock = Stopwatch.StartNew();
var report = new Report(settings.IsShort);
await using (var stage = await Stage.StartAsync(settings.IsShort, report))
{
    var machine = await Machine.DescribeAsync(stage.Raw);
    Console.WriteLine(machine.ToText());
    foreach (var suite in settings.Suites)
    {
        await stage.RunAsync(suite);
    }

    Console.WriteLine(report.ToText());
    await report.SaveAsync(settings.Results, machine);
}

Console.WriteLine($"{settings.Suites.Count} suites, {report.Failures} failed, {clock.Elapsed.TotalSeconds:0} s");
return report.Failures == 0 ? 0 : 1;
