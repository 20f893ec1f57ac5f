using System.CommandLine;
using AgentStream.Cli.Target;

namespace AgentStream.Cli.Commands;

/// <summary><c>agentstream ls</c>.</summary>
internal static class ListCommand
{
    public static Command Create(TargetOptions target)
    {
        var foreign = new Option<bool>("--foreign") { Description = "Also those that another library started, by a scan over all keys." };
        var command = new Command("ls", "Lists the sessions that have a run under way, one a line.") { foreign };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var open = await target.OpenAsync(parsed, runsAgents: false, cancellationToken);
            foreach (var key in await open.Client.QueryAsync(open.User, parsed.GetValue(foreign), cancellationToken))
            {
                Console.WriteLine(key.Session);
            }

            return ExitCodes.Done;
        });
        return command;
    }
}
