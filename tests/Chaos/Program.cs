using System.Diagnostics;
using System.Runtime.InteropServices;
using AgentStream.Chaos;

// Silos and a Redis as processes of their own, and everything that can happen to them:
//
//   dotnet run --project tests/Chaos -c Release -- --help
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

Settings settings;
try
{
    settings = Settings.Read(args);
}
catch (FormatException e)
{
    await Console.Error.WriteLineAsync($"{e.Message}\n{Settings.Usage}");
    return 2;
}

using var abandon = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Abandon);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Abandon);

Console.WriteLine($"{settings.Runs} runs at a time on {settings.Silos} silos for {settings.Duration}, seed {settings.Seed}, {Environment.ProcessorCount} processors, {DateTime.UtcNow:yyyy-MM-dd HH:mm}");
var clock = Stopwatch.StartNew();
var figures = new Figures();
await using var stage = await Stage.StartAsync(typeof(Plan).Assembly.Location, settings.Silos);
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
