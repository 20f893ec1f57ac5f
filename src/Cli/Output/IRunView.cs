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

    /// <summary>This process's terminal; plain text when it is none, or when <c>NO_COLOR</c> is set (https://no-color.org).</summary>
    public static IAnsiConsole Console()
    {
        var isPlain = System.Console.IsOutputRedirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        return Console(System.Console.Out, isPlain ? AnsiSupport.No : AnsiSupport.Detect);
    }

    /// <summary>The same, with lines of the terminal's width; a pipe has wide ones.</summary>
    public static IAnsiConsole Screen()
    {
        var console = Console();
        console.Profile.Width = System.Console.IsOutputRedirected ? 200 : AnsiConsole.Profile.Width;
        return console;
    }

    /// <summary>A console that breaks no lines: that is the terminal's to do. A part comes in chunks, and nobody here knows where the last one ended.</summary>
    internal static IAnsiConsole Console(TextWriter output, AnsiSupport ansi)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = ansi,
            ColorSystem = ansi == AnsiSupport.No ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        console.Profile.Width = int.MaxValue;
        return console;
    }
}
