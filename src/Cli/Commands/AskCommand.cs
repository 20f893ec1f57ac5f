using System.CommandLine;
using AgentStream.Cli.Output;
using AgentStream.Cli.Target;

namespace AgentStream.Cli.Commands;

/// <summary><c>agentstream ask</c>.</summary>
internal static class AskCommand
{
    public static Command Create(TargetOptions target)
    {
        var prompt = new Argument<string>("prompt") { Description = "What to say; - reads it from the input." };
        var session = new Option<string?>("--session", "-s") { Description = "The session to say it in; a new one unless given.", HelpName = "id" };
        var agent = new Option<string?>("--agent", "-a") { Description = "The agent to ask; the server's first unless given.", HelpName = "name" };
        var onBusy = new Option<BusySessionBehavior>("--on-busy") { Description = "When the session has a run under way: reject, queue behind it, replace it, or steer it.", HelpName = "reject|queue|replace|steer" };
        var quiet = SessionArguments.Quiet();
        var json = SessionArguments.Json("The events in their wire form, one a line.");
        session.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } id && !SessionKey.IsSessionId(id))
            {
                result.AddError($"--session {SessionKey.SessionRule}");
            }
        });

        var command = new Command(
            "ask", "Asks, and shows what the agent does until it has answered. Ctrl-C cancels the run; pressed twice within a second, it leaves it running.") { prompt, session, agent, onBusy, quiet, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var text = parsed.GetValue(prompt)!;
            var request = new RunRequest(text == "-" ? await Console.In.ReadToEndAsync(cancellationToken) : text, parsed.GetValue(agent), parsed.GetValue(onBusy));
            await using var open = await target.OpenAsync(parsed, runsAgents: true, cancellationToken);
            var key = open.User.Session(parsed.GetValue(session) ?? SessionKey.NewSessionId());
            var view = RunViews.Choose(parsed.GetValue(json), parsed.GetValue(quiet));

            // Before it has begun, the run that a cancel would hit is somebody else's.
            var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var interrupts = new Interrupts(
                ask: "canceling (Ctrl-C again: leave it running)", TimeSpan.FromSeconds(1), CancelAsync, TimeProvider.System);
            using var signal = interrupts.Catch();
            var exitCode = await RunShow.ShowAsync(
                token => open.Client.AskStreamingAsync(key, request, token), view, interrupts, "The run's last events were gone before they were read.", begun.SetResult);

            // A script gets the exit code; somebody at a terminal is asked.
            var approvals = new ApprovalPrompt(open.Client, Console.In, Console.Error);
            while (exitCode == ExitCodes.Waiting && !Console.IsInputRedirected && await approvals.AskAsync(key, interrupts.Left))
            {
                exitCode = await RunShow.ShowAsync(token => open.Client.ListenAsync(key, cancellationToken: token), view, interrupts, "The run's last events were gone before they were read.");
            }

            if (parsed.GetValue(session) is null)
            {
                await Console.Error.WriteLineAsync($"(to continue: --session {key.Session})");
            }

            return exitCode;

            async Task CancelAsync(CancellationToken stop)
            {
                await begun.Task.WaitAsync(stop);
                await open.Client.CancelAsync(key, stop);
            }
        });
        return command;
    }
}
