using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>A console program as its users start it: a process of its own, whose output is no terminal.</summary>
internal sealed class ProgramProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly Task _reading;

    private ProgramProcess(string program, string[] arguments, Dictionary<string, string> environment)
    {
        // A runner that was started in the background ignores Ctrl-C, and so would its children.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", PathOf(program), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _reading = Task.WhenAll(ReadAsync(_process.StandardOutput, _output), ReadAsync(_process.StandardError, _errors));
    }

    /// <summary>What it has written to its standard output so far.</summary>
    public string Output => Read(_output);

    /// <summary>What it has written to its standard error so far.</summary>
    public string Errors => Read(_errors);

    /// <summary>Where a program is that was built with these tests.</summary>
    /// <param name="program">Its name in the project file, such as <c>CliProgram</c>.</param>
    public static string PathOf(string program) => Metadata(program);

    /// <summary>Starts <c>agentstream</c> with a server's address in its environment.</summary>
    public static ProgramProcess Cli(Uri? server, params string[] arguments) =>
        Start("CliProgram", arguments, new() { ["AGENTSTREAM_URL"] = server?.ToString() ?? "" });

    public static ProgramProcess Start(string program, string[] arguments, Dictionary<string, string> environment, string? input = null, bool isInputOpen = false)
    {
        var process = new ProgramProcess(program, arguments, environment);
        process._process.StandardInput.Write(input);
        if (!isInputOpen)
        {
            process._process.StandardInput.Close();
        }

        return process;
    }

    /// <summary>Waits until it has written a text.</summary>
    public Task WritesAsync(string text) =>
        Wait.Until(() => Output.Contains(text, StringComparison.Ordinal) || _process.HasExited, $"the program writes '{text}'");

    /// <summary>Waits until it has written a text to its standard error.</summary>
    public Task WarnsAsync(string text) =>
        Wait.Until(() => Errors.Contains(text, StringComparison.Ordinal) || _process.HasExited, $"the program warns '{text}'");

    /// <summary>Presses Ctrl-C.</summary>
    public async Task InterruptAsync()
    {
        using var kill = Process.Start("kill", ["-INT", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code, and all that it wrote.</returns>
    public async Task<(int ExitCode, string Output, string Errors)> EndAsync()
    {
        await _process.WaitForExitAsync().Within("the program ends");
        await _reading.Within("the program's output ends");
        return (_process.ExitCode, Output, Errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().Within("the program ends");
        }

        _process.Dispose();
    }

    private static string Metadata(string name) =>
        typeof(ProgramProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == name).Value!;

    private static async Task ReadAsync(StreamReader from, StringBuilder to)
    {
        var buffer = new char[256];
        while (await from.ReadAsync(buffer) is var count and > 0)
        {
            lock (to)
            {
                to.Append(buffer, 0, count);
            }
        }
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }
}
