using System.CommandLine;
using AgentStream.Cli.Target;

namespace AgentStream.Cli.Commands;

/// <summary><c>agentstream approve</c> and <c>agentstream deny</c>.</summary>
internal static class AnswerCommands
{
    public static Command Approve(TargetOptions target)
    {
        var arguments = new Option<string?>("--args") { Description = "The arguments in place of the model's, a JSON object.", HelpName = "json" };
        var remember = new Option<ApprovalMemory>("--remember") { Description = "Allow later calls of the session, too: with the same arguments, or all of the tool.", HelpName = "call|tool" };
        return Create(target, "approve", "Allows a call that waits.", [arguments, remember], (parsed, request) =>
            new ApprovalAnswer(request, IsApproved: true, Arguments: parsed.GetValue(arguments), Memory: parsed.GetValue(remember)));
    }

    public static Command Deny(TargetOptions target)
    {
        var reason = new Option<string?>("--reason") { Description = "Why not, for the model.", HelpName = "text" };
        return Create(target, "deny", "Does not allow a call that waits.", [reason], (parsed, request) => new ApprovalAnswer(request, IsApproved: false, parsed.GetValue(reason)));
    }

    private static Command Create(TargetOptions target, string name, string description, Option[] options, Func<ParseResult, string, ApprovalAnswer> read)
    {
        var session = SessionArguments.Session();
        var request = new Argument<string?>("request") { Description = "The request's id; not needed when only one call waits.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command(name, description) { session, request };
        Array.ForEach(options, command.Add);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var open = await target.OpenAsync(parsed, runsAgents: true, cancellationToken);
            var key = open.User.Session(parsed.GetValue(session)!);
            var id = parsed.GetValue(request);
            if (id is null)
            {
                var waiting = (await open.Client.GetPendingAsync(key, cancellationToken)).Where(pending => pending.Kind == PendingRequestKind.Approval).ToList();
                if (waiting is not [var only])
                {
                    await Console.Error.WriteLineAsync(waiting.Count == 0 ? "agentstream: no call waits for approval" : $"agentstream: {waiting.Count} calls wait, name one: {string.Join(", ", waiting.Select(pending => pending.RequestId))}");
                    return waiting.Count == 0 ? ExitCodes.Nothing : ExitCodes.WrongUse;
                }

                id = only.RequestId;
            }

            var receipt = await open.Client.AnswerAsync(key, read(parsed, id), cancellationToken);
            Console.WriteLine(receipt.RunId is null ? $"{receipt.Pending} still open" : "continues");
            return ExitCodes.Done;
        });
        return command;
    }
}
