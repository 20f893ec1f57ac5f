using System.CommandLine;
using System.Globalization;
using AgentStream.Cli.Target;
using AgentStream.Logs;

namespace AgentStream.Cli.Commands;

/// <summary><c>agentstream ls</c>.</summary>
internal static class ListCommand
{
    public static Command Create(TargetOptions target)
    {
        var foreign = new Option<bool>("--foreign") { Description = "Also those that another library started, by a scan over all keys; the server must allow it (AgentStream:ListExternalSessions)." };
        var all = new Option<bool>("--all") { Description = $"All sessions, live (*) or not, the latest first: time, id, title; {SessionSummary.DefaultCount} at the most beside the live ones." };
        var command = new Command("ls", "Lists the sessions that have a run under way, one a line.") { foreign, all };
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) && result.GetValue(foreign))
            {
                result.AddError("--foreign goes without --all: of sessions of another library only the live ones are known");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var open = await target.OpenAsync(parsed, runsAgents: false, cancellationToken);
            if (parsed.GetValue(all))
            {
                foreach (var session in await open.Client.ListSessionsAsync(open.User, cancellationToken: cancellationToken))
                {
                    Console.WriteLine(LineOf(session));
                }

                return ExitCodes.Done;
            }

            foreach (var key in await open.Client.GetLiveSessionsAsync(open.User, parsed.GetValue(foreign), cancellationToken))
            {
                Console.WriteLine(key.Session);
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static string LineOf(SessionSummary session)
    {
        var changed = session.Changed?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "now";
        return $"{(session.IsLive ? '*' : ' ')} {changed,-20}  {session.Key.Session}  {SafeText.Line(session.Title)}";
    }
}
