using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using AgentStream.Cli.Commands;
using AgentStream.Cli.Target;
using AgentStream.Logs;

namespace AgentStream.Cli;

/// <summary>The commands, and what they all have in common.</summary>
internal static class CommandLine
{
    private const string Help = """
        Asks agents, follows and cancels their runs, and reads sessions.

        A run belongs to the server: it continues when this command ends, and can be followed again from anywhere.

          agentstream ask "what is 12*7?"                 ask, in a new session
          agentstream ask "and 13*7?" --session sums      ask in a session of that name
          git diff | agentstream ask - --quiet            the prompt from the input, the answer alone
          agentstream listen sums                         follow a session's run from its start

        Where: --url, else AGENTSTREAM_URL, else http://127.0.0.1:5080. AGENTSTREAM_AUTHORIZATION, when set, is sent as the Authorization
        header. With --redis instead, the settings are those of a silo, from the environment (AgentStream__RedisPrefix, ...).

        Exit codes: 0 done, answered; 1 the run failed; 2 wrong use; 3 canceled; 4 unreachable; 5 the session is busy;
        6 left by Ctrl-C, the run continues; 7 nothing there; 8 the server refuses; 9 a call waits for somebody.
        """;

    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var target = new TargetOptions();
        // Not a RootCommand, which would call itself by the name of the assembly.
        var root = new Command("agentstream", Help) { new HelpOption(), new VersionOption() };
        target.AddTo(root);
        root.Add(AskCommand.Create(target));
        root.Add(ListenCommand.Create(target));
        root.Add(CancelCommand.Create(target));
        root.Add(AnswerCommands.Approve(target));
        root.Add(AnswerCommands.Deny(target));
        root.Add(ListCommand.Create(target));
        root.Add(ReadCommand.Create(target));
        root.Add(RenameCommand.Create(target));
        root.Add(RemoveCommand.Create(target));
        root.Add(TopCommand.Create(target));

        var parsed = root.Parse(args);
        if (parsed.Action is ParseErrorAction wrong)
        {
            wrong.ShowHelp = args.Length == 0;
        }

        try
        {
            // Ctrl-C is ours: it means something else in each command.
            var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
            return parsed.Errors.Count > 0 ? ExitCodes.WrongUse : exitCode;
        }
        catch (Exception e) when (Failures.CodeOf(e) is { } code)
        {
            await Console.Error.WriteLineAsync($"agentstream: {SafeText.Line(Failures.SentenceOf(e))}");
            return code;
        }
    }
}
