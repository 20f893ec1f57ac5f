using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AgentStream.Bench.Stages;

/// <summary>The processes that this one has started. None outlives it.</summary>
internal static class Children
{
    private static readonly ConcurrentDictionary<Process, bool> All = [];

    /// <summary>Starts a process whose output is read by who starts it.</summary>
    public static Process Start(string program, params IEnumerable<string> arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException($"{program} did not start.");
        All[process] = true;
        return process;
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it wrote.</returns>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task<string> RunAsync(string program, params IEnumerable<string> arguments)
    {
        using var process = Start(program, arguments);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        All.TryRemove(process, out _);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with exit code {process.ExitCode}: {await error}");
    }

    /// <summary>Kills one.</summary>
    public static void End(Process process)
    {
        if (All.TryRemove(process, out _))
        {
            if (!process.HasExited)
            {
                process.Kill();
                process.WaitForExit();
            }

            process.Dispose();
        }
    }

    /// <summary>Kills those that still run.</summary>
    public static void EndAll()
    {
        foreach (var process in All.Keys)
        {
            End(process);
        }
    }

    /// <summary>Lets no process behind when this one is told to stop.</summary>
    public static IDisposable EndOnSignals()
    {
        var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        return new Both(interrupt, terminate);

        static void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            EndAll();
            Environment.Exit(130);
        }
    }

    private sealed class Both(IDisposable one, IDisposable other) : IDisposable
    {
        public void Dispose()
        {
            one.Dispose();
            other.Dispose();
        }
    }
}
