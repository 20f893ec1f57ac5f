using System.CommandLine;
using AgentStream.Cli.Output;
using AgentStream.Cli.Target;
using AgentStream.Cli.Top;
using Spectre.Console;

namespace AgentStream.Cli.Commands;

/// <summary><c>agentstream top</c>.</summary>
internal static class TopCommand
{
    private const int LongestInterval = 3600;

    public static Command Create(TargetOptions target)
    {
        var interval = new Option<int>("--interval") { Description = $"The seconds from one look to the next, from 1 to {LongestInterval}.", DefaultValueFactory = _ => 2, HelpName = "seconds" };
        interval.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.GetValueOrDefault<int>() is < 1 or > LongestInterval)
            {
                result.AddError($"--interval must be a whole number from 1 to {LongestInterval}");
            }
        });
        var once = new Option<bool>("--once") { Description = "One look, and the end; so it is where the output is no terminal." };
        var json = SessionArguments.Json("Each look as a line of JSON.");
        var command = new Command(
            "top", "Shows what is under way, again and again: with --redis the cluster's silos and all users' runs, over HTTP the caller's own live sessions. Ctrl-C ends it.") { interval, once, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var open = await target.OpenAsync(parsed, runsAgents: false, cancellationToken);
            var console = RunViews.Screen();
            if (parsed.GetValue(once) || Console.IsOutputRedirected)
            {
                Show(console, await TopSource.LookAsync(open, TimeProvider.System, cancellationToken), parsed.GetValue(json));
                return ExitCodes.Done;
            }

            using var interrupts = new Interrupts(ask: null, TimeSpan.Zero, cancel: null, TimeProvider.System);
            using var signal = interrupts.Catch();
            var loop = new TopLoop(token => TopSource.LookAsync(open, TimeProvider.System, token), TimeSpan.FromSeconds(parsed.GetValue(interval)), TimeProvider.System);
            if (parsed.GetValue(json))
            {
                await loop.RunAsync((look, _) => Console.WriteLine(TopView.Json(look)), interrupts.Left);
            }
            else
            {
                await console.Live(new Text("")).AutoClear(false).Overflow(VerticalOverflow.Crop).StartAsync(
                    live => loop.RunAsync((look, fault) => live.UpdateTarget(TopView.Tables(look, console.Profile.Height, fault)), interrupts.Left));
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static void Show(IAnsiConsole console, TopLook look, bool json)
    {
        if (json)
        {
            Console.WriteLine(TopView.Json(look));
        }
        else
        {
            console.Write(TopView.Tables(look, Console.IsOutputRedirected ? int.MaxValue : console.Profile.Height));
        }
    }
}
