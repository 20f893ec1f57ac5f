using System.Diagnostics;
using System.Globalization;
using System.Text;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>The silo as its users start it: a process of its own, on a free port, in a folder of its own that goes with it.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private const string SiloProgram = "SiloProgram";
    private const string Listening = "Now listening on: ";

    // On a busy machine no stream is gone, no Redis counts as away and no run goes elsewhere. A test that is about one of these has an argument of its own: the last one wins.
    private static readonly string[] Patience = ["--AgentStream:GracePeriod=1h", "--AgentStream:RedisTimeout=1m", "--AgentStream:Lease=5m"];

    /// <summary>What a start has where no line may be in the log: without the warnings that come of a busy machine alone, which makes turns, timers and heartbeats late.</summary>
    public static readonly string[] WithoutWarningsOfSlowness =
    [
        .. ((string[])["Orleans.Runtime.Scheduler.WorkItemGroup", "Orleans.Runtime.Watchdog", "Microsoft.AspNetCore.Server.Kestrel"]).Select(category => $"--Logging:LogLevel:{category}=Error"),
    ];

    private readonly TaskCompletionSource<Uri> _url = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StringBuilder _output = new();
    private readonly Process _process;
    private readonly DirectoryInfo? _folder;

    private SiloProcess(string program, string? folder, string[] arguments)
    {
        _folder = folder is null ? Directory.CreateTempSubdirectory("agentstream-silo-") : null;
        _process = new Process
        {
            // A runner that was started in the background ignores Ctrl-C, and so would its children.
            StartInfo = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", ProgramProcess.PathOf(program), .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = folder ?? _folder!.FullName,
            },
            EnableRaisingEvents = true,
        };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Where it listens.</summary>
    public Uri Url => _url.Task.Result;

    /// <summary>What it has written so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Whether it runs, or how it ended.</summary>
    public int? ExitCode => _process.HasExited ? _process.ExitCode : null;

    /// <summary>The most memory that it has had so far, in kilobytes.</summary>
    public long PeakMemory => File.ReadLines($"/proc/{_process.Id}/status").Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.AsSpan("VmHWM:".Length).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture)).Single();

    /// <summary>The argument that gives a silo a gateway, for programs that are clients of its cluster.</summary>
    public static string Gateway() => string.Create(CultureInfo.InvariantCulture, $"--AgentStream:Cluster:GatewayPort={Ports.Free()}");

    /// <summary>Starts a silo and waits until it listens.</summary>
    /// <param name="arguments">Arguments; the port is chosen here.</param>
    public static Task<SiloProcess> StartAsync(params string[] arguments) => StartProgramAsync(SiloProgram, arguments);

    /// <summary>Starts a program that is a silo, and waits until it listens.</summary>
    /// <param name="program">Its name in the project file, such as <c>ChatProgram</c>.</param>
    /// <param name="arguments">Arguments; the port is chosen here.</param>
    public static Task<SiloProcess> StartProgramAsync(string program, params string[] arguments) => StartInAsync(null, program, arguments);

    /// <summary>Starts a silo in a folder that stays, and waits until it listens.</summary>
    /// <param name="folder">The folder that it works in.</param>
    /// <param name="arguments">Arguments; the port is chosen here.</param>
    public static Task<SiloProcess> StartInAsync(string folder, params string[] arguments) => StartInAsync(folder, SiloProgram, arguments);

    /// <summary>Starts a program that is a silo in a folder, and waits until it listens.</summary>
    /// <param name="folder">The folder that it works in, which stays; null for one of its own.</param>
    /// <param name="program">Its name in the project file.</param>
    /// <param name="arguments">Arguments; the port is chosen here.</param>
    public static Task<SiloProcess> StartInAsync(string? folder, string program, string[] arguments) =>
        new SiloProcess(program, folder, ["--urls", "http://127.0.0.1:0", .. Patience, .. arguments]).ListensAsync();

    /// <summary>Runs a silo that is not meant to start.</summary>
    /// <returns>Its exit code and what it wrote.</returns>
    public static Task<(int ExitCode, string Output)> RunToExitAsync(params string[] arguments) => RunToExitInAsync(null, arguments);

    /// <summary>Runs a silo that is not meant to start, in a folder that stays.</summary>
    /// <param name="folder">The folder that it works in; null for one of its own.</param>
    /// <param name="arguments">All of its arguments.</param>
    /// <returns>Its exit code and what it wrote.</returns>
    public static async Task<(int ExitCode, string Output)> RunToExitInAsync(string? folder, params string[] arguments)
    {
        await using var silo = new SiloProcess(SiloProgram, folder, arguments);
        await silo._process.WaitForExitAsync().Within("the silo ends");
        return (silo._process.ExitCode, silo.Output);
    }

    /// <summary>Starts a silo with these arguments and no others, and waits until it listens.</summary>
    public static async Task<SiloProcess> StartAsPrintedAsync(params string[] arguments) => await new SiloProcess(SiloProgram, null, arguments).ListensAsync();

    /// <summary>Starts a silo and does not wait for it.</summary>
    public static SiloProcess Launch(params string[] arguments) => new(SiloProgram, null, arguments);

    /// <summary>Waits until its program runs, and not only the .NET that loads it.</summary>
    public Task RunsAsync() => Wait.Until(
        () => _process.HasExited || File.ReadAllText($"/proc/{_process.Id}/maps").Contains("AgentStream.AspNetCore.dll", StringComparison.Ordinal), "the silo's program runs");

    /// <summary>Tells the silo to stop, and does not wait for it.</summary>
    /// <param name="signal">Another signal that is such an order.</param>
    public async Task SignalAsync(string signal = "TERM")
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Stops the silo in order, as an operator does: with SIGTERM.</summary>
    /// <param name="signal">Another signal that is such an order.</param>
    public async Task StopAsync(string signal = "TERM")
    {
        await SignalAsync(signal);
        await _process.WaitForExitAsync().Within("the silo ends");
        Assert.True(_process.ExitCode == 0, $"Exit code {_process.ExitCode} after:\n{Output}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().Within("the silo ends");
        }

        _process.Dispose();
        _folder?.Delete(recursive: true);
    }

    private async Task<SiloProcess> ListensAsync()
    {
        var first = await Task.WhenAny(_url.Task, _process.WaitForExitAsync()).Within("the silo listens");
        return first == _url.Task ? this : throw new InvalidOperationException($"The silo ended instead of listening:\n{Output}");
    }

    private void Take(string? line)
    {
        // The end of an output is told as a line that is null.
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.AppendLine(line);
        }

        if (line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0)
        {
            // In JSON it is a text between other things.
            _url.TrySetResult(new Uri(line[(at + Listening.Length)..].Split('"')[0].Trim()));
        }
    }
}
