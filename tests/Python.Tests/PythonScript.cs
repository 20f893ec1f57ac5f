using System.Diagnostics;
using System.Globalization;
using AgentStream.TestTools;

namespace AgentStream.Python.Tests;

/// <summary>One of the scripts beside these tests, running in a Python of its own. It says lines, and hears lines.</summary>
internal sealed class PythonScript : IAsyncDisposable
{
    private const string Interpreter = "/usr/bin/python3";

    private readonly string _name;
    private readonly Process _process;
    private readonly Task<string> _errors;

    private PythonScript(string name, Process process)
    {
        (_name, _process) = (name, process);
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts a script.</summary>
    /// <param name="name">Its name, without <c>.py</c>.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>The script.</returns>
    public static PythonScript Start(string name, params object[] arguments)
    {
        var start = new ProcessStartInfo(Interpreter) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-B");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "scripts", name + ".py"));
        Array.ForEach(arguments, argument => start.ArgumentList.Add(Convert.ToString(argument, CultureInfo.InvariantCulture)!));
        return new(name, Process.Start(start) ?? throw new InvalidOperationException($"{Interpreter} did not start."));
    }

    /// <summary>The next line that it says; null when it has ended well, or has given up.</summary>
    public async Task<string?> NextAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync().Within($"a line of {_name}.py");
        if (line is null && await ExitCodeAsync() is not (0 or 3))
        {
            throw new InvalidOperationException(
                $"{_name}.py failed. These tests need Python's redis library: run ./test.sh, or install python3-redis.\n{await _errors}");
        }

        return line;
    }

    /// <summary>The lines that it says until it ends.</summary>
    public async Task<IReadOnlyList<string>> RestAsync()
    {
        var lines = new List<string>();
        while (await NextAsync() is { } line)
        {
            lines.Add(line);
        }

        return lines;
    }

    /// <summary>Has it take steps, one after the other; each is answered with a line of its own before the next.</summary>
    public async Task DoAsync(params string[] steps)
    {
        foreach (var step in steps)
        {
            Assert.Equal(step.Split(' ')[0], await AskAsync(step));
        }
    }

    /// <summary>Has it take a step.</summary>
    /// <returns>Its answer.</returns>
    public async Task<string?> AskAsync(string step)
    {
        await _process.StandardInput.WriteLineAsync(step);
        await _process.StandardInput.FlushAsync();
        return await NextAsync();
    }

    /// <summary>Ends it as a crash does.</summary>
    public async Task CrashAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().Within();
    }

    /// <summary>How it ended.</summary>
    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync().Within($"the end of {_name}.py");
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await CrashAsync();
        }

        _process.Dispose();
    }
}
