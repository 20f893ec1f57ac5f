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
        var search = new Option<string>("--search") { Description = "Of all sessions, those whose title has all of these words." };
        var command = new Command("ls", "Lists the sessions that have a run under way, one a line.") { foreign, all, search };
        command.Validators.Add(result =>
        {
            if ((result.GetValue(all) || result.GetValue(search) is not null) && result.GetValue(foreign))
            {
                result.AddError("--foreign goes without --all: of sessions of another library only the live ones are known");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var open = await target.OpenAsync(parsed, runsAgents: false, cancellationToken);
            if (parsed.GetValue(all) || parsed.GetValue(search) is not null)
            {
                var page = await open.Client.ListSessionsAsync(open.User, new SessionQuery(Search: parsed.GetValue(search)), cancellationToken);
                foreach (var session in page.Sessions)
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
