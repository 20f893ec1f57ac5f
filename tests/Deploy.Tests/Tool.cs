using System.Diagnostics;
using System.Text;
using AgentStream.TestTools;

namespace AgentStream.Deploy.Tests;

/// <summary>A program of this machine, as a process of its own that ends with the test.</summary>
internal sealed class Tool : IAsyncDisposable
{
    // A build on a busy machine.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private readonly StringBuilder _output = new();
    private readonly Process _process;

    private Tool(string program, string folder, string[] arguments)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(PathOf(program), arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder },
        };
        foreach (var name in _process.StartInfo.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            // It knows nothing of the build that these tests run in.
            _process.StartInfo.Environment.Remove(name);
        }

        _process.StartInfo.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

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

    /// <summary>Starts a program that stays.</summary>
    public static Tool Start(string program, string folder, params string[] arguments) => new(program, folder, arguments);

    /// <summary>Runs a program that ends, and fails when that does.</summary>
    /// <returns>What it wrote.</returns>
    public static async Task<string> RunAsync(string program, string folder, params string[] arguments)
    {
        await using var tool = new Tool(program, folder, arguments);
        await tool._process.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(tool._process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: exit code {tool._process.ExitCode}\n{tool.Output}");
        return tool.Output;
    }

    /// <summary>Waits until it answers on HTTP.</summary>
    public Task ServesAsync(HttpClient http, string path) => Wait.Until(
        async () =>
        {
            Assert.False(_process.HasExited, $"It ended instead of serving:\n{Output}");
            try
            {
                using var answer = await http.GetAsync(path);
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        },
        $"{path} is served");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().Within("the program ends");
        }

        _process.Dispose();
    }

    /// <summary>Servers are in a folder that not every user has on the PATH.</summary>
    private static string PathOf(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin").Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"These tests need {program}: run ./test.sh, or install its package.");

    private void Take(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
