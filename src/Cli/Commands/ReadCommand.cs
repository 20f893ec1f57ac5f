using System.CommandLine;
using System.Text;
using AgentStream.Cli.Output;
using AgentStream.Cli.Target;
using AgentStream.Events;
using AgentStream.Logs;

namespace AgentStream.Cli.Commands;

/// <summary><c>agentstream read</c>.</summary>
internal static class ReadCommand
{
    public static Command Create(TargetOptions target)
    {
        var session = SessionArguments.Session();
        var json = SessionArguments.Json("The messages as JSON, as the protocol has them.");
        var command = new Command("read", "Shows what was said in a session.") { session, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var open = await target.OpenAsync(parsed, runsAgents: false, cancellationToken);
            var key = open.User.Session(parsed.GetValue(session)!);
            if (await open.Client.GetSessionAsync(key, cancellationToken) is not { } found)
            {
                await Console.Error.WriteLineAsync($"agentstream: Nobody has written to session {key.Session}.");
                return ExitCodes.Nothing;
            }

            if (parsed.GetValue(json))
            {
                Console.WriteLine(SafeText.Json(Encoding.UTF8.GetString(found.Messages)));
                return ExitCodes.Done;
            }

            HistoryView.Show(RunViews.Console(), Transcript.OfHistory(found));
            if (found.IsLive)
            {
                await Console.Error.WriteLineAsync($"(a run is under way: agentstream listen {key.Session})");
            }

            return ExitCodes.Done;
        });
        return command;
    }
}
