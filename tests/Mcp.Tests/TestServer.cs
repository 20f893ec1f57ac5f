using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using AgentStream.TestTools;

namespace AgentStream.Mcp.Tests;

/// <summary>The test server's program, and what its processes have written down.</summary>
internal sealed class TestServer : IDisposable
{
    public const string Command = "dotnet";

    private static readonly string Program =
        typeof(TestServer).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "ServerProgram").Value!;

    private readonly string _journal = Path.GetTempFileName();

    /// <summary>The processes that were started, the last one last.</summary>
    public IReadOnlyList<int> Pids =>
        [.. Journal.Where(l => l.StartsWith("started ", StringComparison.Ordinal)).Select(l => int.Parse(l["started ".Length..], CultureInfo.InvariantCulture))];

    public IReadOnlyList<string> Journal
    {
        get
        {
            using var file = new StreamReader(new FileStream(_journal, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return file.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    public static bool IsAlive(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>On a busy machine a program takes its time to start: it gets the most that there is.</summary>
    public static void Patient(McpConnectionOptions options) => options.ConnectTimeout = TimeSpan.FromMinutes(10);

    /// <summary>The same, with what else there is to set.</summary>
    public static Action<McpConnectionOptions> Patient(Action<McpConnectionOptions>? configure) => options =>
    {
        Patient(options);
        configure?.Invoke(options);
    };

    public string[] Arguments(params string[] more) => [Program, "--journal", _journal, .. more];

    /// <summary>The arguments of a shell that starts, reads, and never says a word.</summary>
    public string[] SilentArguments() => ["-c", "echo started $$ >> \"$0\"; cat > /dev/null; :", _journal];

    /// <summary>Waits until the only process that was started has ended.</summary>
    public Task EndedAsync() => Wait.Until(() => !IsAlive(Pids.Single()), "the process has ended");

    /// <summary>Waits until a process has written a line.</summary>
    public Task UntilAsync(string line) => Wait.Until(() => Journal.Contains(line), $"'{line}' in the server's journal");

    /// <summary>Ends the last process as a crash does.</summary>
    public async Task KillAsync()
    {
        var pid = Pids[^1];
        using (var process = Process.GetProcessById(pid))
        {
            process.Kill();
        }

        await Wait.Until(() => !IsAlive(pid), $"process {pid} ends");
    }

    public void Dispose() => File.Delete(_journal);
}
