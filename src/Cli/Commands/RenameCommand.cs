using System.CommandLine;
using AgentStream.Cli.Target;

namespace AgentStream.Cli.Commands;

/// <summary><c>agentstream rename</c>.</summary>
internal static class RenameCommand
{
    public static Command Create(TargetOptions target)
    {
        var session = SessionArguments.Session();
        var title = new Argument<string>("title") { Description = $"The title: 1 to {SessionTitleRules.MaxLength} characters on one line." };
        title.Validators.Add(result =>
        {
            if (SessionTitleRules.Title(result.GetValueOrDefault<string>()) is { } broken)
            {
                result.AddError($"title {broken}");
            }
        });
        var command = new Command("rename", "Gives a session a title, also while it has a run under way.") { session, title };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var open = await target.OpenAsync(parsed, runsAgents: false, cancellationToken);
            var id = parsed.GetValue(session)!;
            if (await open.Client.RenameSessionAsync(open.User.Session(id), parsed.GetValue(title)!, cancellationToken))
            {
                return ExitCodes.Done;
            }

            await Console.Error.WriteLineAsync($"agentstream: Nobody has written to session {id}.");
            return ExitCodes.Nothing;
        });
        return command;
    }
}
