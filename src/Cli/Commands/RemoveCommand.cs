using System.CommandLine;
using AgentStream.Cli.Target;

namespace AgentStream.Cli.Commands;

/// <summary><c>agentstream rm</c>.</summary>
internal static class RemoveCommand
{
    public static Command Create(TargetOptions target)
    {
        var session = SessionArguments.Session();
        var command = new Command("rm", "Forgets what was said in a session. It must not have a run under way.") { session };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var open = await target.OpenAsync(parsed, runsAgents: false, cancellationToken);
            await open.Client.DeleteSessionAsync(open.User.Session(parsed.GetValue(session)!), cancellationToken);
            return ExitCodes.Done;
        });
        return command;
    }
}
