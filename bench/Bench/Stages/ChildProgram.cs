using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Threading.Channels;
using AgentStream.TestTools;

namespace AgentStream.Bench.Stages;

/// <summary>A .NET program as a process of its own: a silo, a listener, this program in another role.</summary>
internal sealed class ChildProgram : IDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly Process _process;

    private ChildProgram(string program, IEnumerable<string> arguments)
    {
        Started = Stopwatch.GetTimestamp();
        _process = Children.Start("dotnet", [program, .. arguments]);
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>When it was started, as <see cref="Stopwatch.GetTimestamp"/> says.</summary>
    public long Started { get; }

    /// <summary>The processor time that it has taken so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The memory that it has, in bytes.</summary>
    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The most memory that it has had, in bytes.</summary>
    public long PeakMemory => 1_024 * long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(':', 'k')[1], CultureInfo.InvariantCulture);

    /// <summary>Starts this program in another role.</summary>
    public static ChildProgram InRole(string role, params IEnumerable<string> arguments) =>
        new(Assembly.GetExecutingAssembly().Location, [$"--role={role}", .. arguments]);

    /// <summary>Starts the silo as its users do.</summary>
    public static ChildProgram Silo(params IEnumerable<string> arguments) => SiloAt(Settings.Fact("SiloProgram"), arguments);

    /// <summary>Starts a silo that was published to somewhere.</summary>
    public static ChildProgram SiloAt(string program, params IEnumerable<string> arguments) => new(program, [.. arguments, .. NoLimits.Arguments]);

    /// <summary>Arguments for a program that listens on a free port of this machine.</summary>
    public static string[] OnFreePort() => ["--urls", "http://127.0.0.1:0"];

    /// <summary>Waits until a web program serves.</summary>
    public async Task<Uri> UrlAsync()
    {
        var line = await LineAsync(Listening);
        return new Uri(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..].Trim());
    }

    /// <summary>Waits for a line with something in it.</summary>
    /// <exception cref="InvalidOperationException">The program ended instead.</exception>
    public async Task<string> LineAsync(string with)
    {
        var last = "";
        while (await _lines.Reader.WaitToReadAsync().AsTask().Within($"a line with '{with}'"))
        {
            while (_lines.Reader.TryRead(out var line))
            {
                last = line;
                if (line.Contains(with, StringComparison.Ordinal))
                {
                    return line;
                }
            }
        }

        throw new InvalidOperationException($"The program ended before it wrote '{with}'; its last line: {last}");
    }

    public Task TellAsync(string line) => _process.StandardInput.WriteLineAsync(line);

    /// <summary>Kills it.</summary>
    public void Dispose() => Children.End(_process);

    private void Take(string? line)
    {
        if (line is null)
        {
            // Output and errors end one after the other; nothing of interest comes behind the first.
            _lines.Writer.TryComplete();
        }
        else
        {
            _lines.Writer.TryWrite(line);
        }
    }
}
