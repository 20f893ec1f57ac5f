using System.CommandLine;
using AgentStream.Cli.Target;

namespace AgentStream.Cli.Commands;

/// <summary><c>agentstream cancel</c>.</summary>
internal static class CancelCommand
{
    public static Command Create(TargetOptions target)
    {
        var session = SessionArguments.Session();
        var command = new Command("cancel", "Cancels a session's run, wherever it runs.") { session };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var open = await target.OpenAsync(parsed, runsAgents: false, cancellationToken);
            var canceled = await open.Client.CancelAsync(open.User.Session(parsed.GetValue(session)!), cancellationToken);
            Console.WriteLine(canceled ? "canceled" : "nothing to cancel");
            return canceled ? ExitCodes.Done : ExitCodes.Nothing;
        });
        return command;
    }
}
