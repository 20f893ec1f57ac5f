using System.Diagnostics;
using System.Globalization;

namespace AgentStream.TestTools;

/// <summary>A silo of a trial: a process of its own, with an HTTP port that is chosen at each start and cluster ports that stay.</summary>
/// <param name="name">What the trial calls it.</param>
/// <param name="program">The program that it runs, an assembly.</param>
/// <param name="arguments">The program's arguments, without those for its ports.</param>
/// <param name="heard">Gets each line that it writes; null for none.</param>
public sealed class SiloProcess(string name, string program, string[] arguments, Action<string>? heard = null) : IDisposable
{
    private const string Listening = "Now listening on: ";
    private const int LinesKept = 30;

    private int _siloPort = Ports.Free();
    private int _gatewayPort = Ports.Free();
    private readonly Queue<string> _lastLines = new();
    private Process? _process;
    private Uri? _pausedUrl;

    public string Name => name;

    /// <summary>Where it listens; null while it does not run.</summary>
    public Uri? Url { get; private set; }

    /// <summary>Whether its process is there.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Completes with the exit code when the process that runs now has ended.</summary>
    public async Task<int> ExitedAsync()
    {
        var process = _process!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Its id in the stream store: a new one with each start.</summary>
    public string Id { get; set; } = "";

    /// <summary>The last lines it wrote.</summary>
    public string Output
    {
        get
        {
            lock (_lastLines)
            {
                return string.Join('\n', _lastLines);
            }
        }
    }

    /// <summary>As a supervisor does: starts the process, and again when it says that it cannot start, until it serves.</summary>
    /// <returns>How often it was started.</returns>
    public async Task<int> SuperviseAsync()
    {
        for (var start = 1; ; start++)
        {
            try
            {
                await StartAsync();
                return start;
            }
            catch (InvalidOperationException) when (start < 5)
            {
                _process!.Dispose();
            }
        }
    }

    /// <summary>Starts the process and waits until it serves.</summary>
    /// <returns>How long that took.</returns>
    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    public async Task<TimeSpan> StartAsync()
    {
        var clock = Stopwatch.StartNew();
        var listens = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(
                "dotnet",
                [
                    program, "--urls", "http://127.0.0.1:0",
                    string.Create(CultureInfo.InvariantCulture, $"--AgentStream:Cluster:SiloPort={_siloPort}"),
                    string.Create(CultureInfo.InvariantCulture, $"--AgentStream:Cluster:GatewayPort={_gatewayPort}"),
                    .. arguments,
                ])
            { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        _process.OutputDataReceived += (_, line) => Take(line.Data, listens);
        _process.ErrorDataReceived += (_, line) => Take(line.Data, listens);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var first = await Task.WhenAny(listens.Task, _process.WaitForExitAsync()).Within($"silo {name} serves");
        Url = first == listens.Task ? await listens.Task : throw new InvalidOperationException($"Silo {name} ended instead of serving:\n{Output}");
        return clock.Elapsed;
    }

    /// <summary>Gives it another address for its next start, as a container gets.</summary>
    public void Move() => (_siloPort, _gatewayPort) = (Ports.Free(), Ports.Free());

    /// <summary>Ends the process as a crash does.</summary>
    public void Kill()
    {
        Url = null;
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>Asks the process to stop in order, and waits until it has.</summary>
    /// <returns>How long that took, and its exit code.</returns>
    public async Task<(TimeSpan Took, int ExitCode)> StopAsync()
    {
        var clock = Stopwatch.StartNew();
        await SignalAsync("TERM");
        await _process!.WaitForExitAsync().Within($"silo {name} ends");
        Url = null;
        return (clock.Elapsed, _process.ExitCode);
    }

    /// <summary>Stops the process where it is. It counts as not serving from now on, as for a load balancer that asks how it is.</summary>
    public Task PauseAsync()
    {
        (_pausedUrl, Url) = (Url, null);
        return SignalAsync("STOP");
    }

    /// <summary>Lets a paused process continue, and serve.</summary>
    public async Task ContinueAsync()
    {
        await SignalAsync("CONT");
        Url = _pausedUrl;
    }

    /// <summary>Lets a paused process continue, and looks for a while whether it ends by itself.</summary>
    /// <returns>What it did.</returns>
    public async Task<string> ContinueAsync(TimeSpan watch)
    {
        await SignalAsync("CONT");
        var ends = _process!.WaitForExitAsync();
        return await Task.WhenAny(ends, Task.Delay(watch)) == ends
            ? string.Create(CultureInfo.InvariantCulture, $"ends, exit code {_process.ExitCode}")
            : "stays";
    }

    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            Kill();
        }

        _process?.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private void Take(string? line, TaskCompletionSource<Uri> listens)
    {
        if (line is null)
        {
            return;
        }

        heard?.Invoke(line);
        lock (_lastLines)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > LinesKept)
            {
                _lastLines.Dequeue();
            }
        }

        if (line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0)
        {
            listens.TrySetResult(new Uri(line[(at + Listening.Length)..].Trim()));
        }
    }
}
