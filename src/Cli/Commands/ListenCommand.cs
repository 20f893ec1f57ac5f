using System.CommandLine;
using AgentStream.Cli.Output;
using AgentStream.Cli.Target;

namespace AgentStream.Cli.Commands;

/// <summary><c>agentstream listen</c>.</summary>
internal static class ListenCommand
{
    public static Command Create(TargetOptions target)
    {
        var session = SessionArguments.Session();
        var after = new Option<string?>("--after") { Description = "Only what stands behind this cursor, as an event's id gives it.", HelpName = "cursor" };
        var quiet = SessionArguments.Quiet();
        var json = SessionArguments.Json("The events in their wire form, one a line, with their cursors.");
        var command = new Command(
            "listen", "Follows a session's run to its end; nothing is started. A lost connection comes back by itself. Ctrl-C leaves the run running.") { session, after, quiet, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            Cursor? cursor = parsed.GetValue(after) is { } text ? Cursor.Parse(text) : null;
            await using var open = await target.OpenAsync(parsed, runsAgents: false, cancellationToken);
            var key = open.User.Session(parsed.GetValue(session)!);
            using var interrupts = new Interrupts(ask: null, TimeSpan.Zero, cancel: null, TimeProvider.System);
            using var signal = interrupts.Catch();
            return await RunShow.ShowAsync(
                token => open.Client.ListenAsync(key, cursor, token),
                RunViews.Choose(parsed.GetValue(json), parsed.GetValue(quiet)), interrupts, "There is no run to follow, or not its whole end.");
        });
        return command;
    }
}
