using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using AgentStream.Chaos;

// Silos and a Redis as processes of their own, and everything that can happen to them:
//
//   dotnet run --project bench/Chaos -c Release -- --help
//
// It starts what it needs on free ports, ends it (also on Ctrl-C), and exits with 0 only when everything was as docs/operations.md says.
if (args.Contains("--role=silo"))
{
    await SiloProgram.RunAsync(args);
    return 0;
}

if (args.Contains("--help"))
{
    Console.WriteLine(Settings.Usage);
    return 0;
}

string Fact(string key) => typeof(Plan).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(fact => fact.Key == key).Value!;

Settings settings;
try
{
    settings = Settings.Read(args, Fact("Engine"));
}
catch (FormatException e)
{
    await Console.Error.WriteLineAsync($"{e.Message}\n{Settings.Usage}");
    return 2;
}

var program = await OtherBuild.FindAsync(settings.Engine, Fact("Engine"), Fact("Project"), Fact("Configuration"));
if (program is null)
{
    return 1;
}

using var abandon = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Abandon);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Abandon);

Console.WriteLine($"engine {settings.Engine}, {settings.Runs} runs at a time on {settings.Silos} silos for {settings.Duration}, seed {settings.Seed}, {Environment.ProcessorCount} processors, {DateTime.UtcNow:yyyy-MM-dd HH:mm}");
var clock = Stopwatch.StartNew();
var figures = new Figures();
await using var stage = await Stage.StartAsync(program, settings.Silos);
var violations = new Violations(stage.Directory, Console.Out);
using (var trial = new Trial(stage, settings, violations, figures, Console.Out))
{
    try
    {
        await trial.RunAsync(abandon.Token);
    }
    catch (OperationCanceledException) when (abandon.IsCancellationRequested)
    {
        Console.WriteLine("broken off");
        return 130;
    }
    catch (Exception e)
    {
        violations.Add("-", "the trial itself does not fail", e.Message, e.ToString());
    }
}

figures.Print(Console.Out);
if (violations.Count == 0)
{
    Directory.Delete(stage.Directory, recursive: true);
}
else
{
    Console.WriteLine($"logs and evidence: {stage.Directory}");
}

Console.WriteLine($"{violations.Count} violations, {clock.Elapsed.TotalSeconds:0} s");
return violations.Count == 0 ? 0 : 1;

void Abandon(PosixSignalContext context)
{
    context.Cancel = true;
    abandon.Cancel();
}
