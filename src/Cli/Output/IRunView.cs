using AgentStream.Events;
using Spectre.Console;

namespace AgentStream.Cli.Output;

/// <summary>Shows a run.</summary>
internal interface IRunView
{
    /// <summary>Shows the next event.</summary>
    void Show(AgentEvent item);

    /// <summary>Nothing more comes.</summary>
    /// <param name="transcript">All there was.</param>
    void End(Transcript transcript);
}

/// <summary>The ways to show a run.</summary>
internal static class RunViews
{
    public static IRunView Choose(bool json, bool quiet) =>
        json ? new JsonView(System.Console.Out) : quiet ? new AnswerView(System.Console.Out, System.Console.Error) : new ConsoleView(Console());

    /// <summary>This process's terminal; plain text when it is none. Lines are the terminal's to break: a part comes in chunks, and nobody here knows where the last one ended.</summary>
    public static IAnsiConsole Console()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        console.Profile.Width = int.MaxValue;
        return console;
    }
}
