using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace AgentStream.TestTools;

/// <summary>A Redis server of the tests' own: a process on a free port of this machine, with its own directory, gone when disposed or when the tests end.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private static readonly Lazy<Task<RedisServer>> SharedServer = new(() => StartAsync());

    private readonly string _directory = Directory.CreateTempSubdirectory("agentstream-redis-").FullName;
    private readonly bool _isDurable;
    private readonly string[] _arguments;
    private Process? _process;

    private RedisServer(int port, bool isDurable, string[] arguments)
    {
        Port = port;
        _isDurable = isDurable;
        _arguments = arguments;
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    /// <summary>The server's port.</summary>
    public int Port { get; }

    /// <summary>The configuration to connect with, as StackExchange.Redis writes it.</summary>
    public string Configuration => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>The one server that a test assembly shares; it ends with the process. Tests keep apart by prefixes.</summary>
    /// <returns>The server.</returns>
    public static Task<RedisServer> SharedAsync() => SharedServer.Value;

    /// <summary>Starts a server.</summary>
    /// <param name="isDurable">Whether its data survive <see cref="Kill"/> and <see cref="RestartAsync"/>.</param>
    /// <param name="arguments">Further arguments of redis-server, such as <c>--cluster-enabled yes</c>.</param>
    /// <returns>The server, when it answers.</returns>
    /// <exception cref="InvalidOperationException">There is no redis-server here, or it does not start.</exception>
    public static async Task<RedisServer> StartAsync(bool isDurable = false, params string[] arguments)
    {
        // Between choosing a free port and listening on it another process may take it.
        for (var attempt = 1; ; attempt++)
        {
            var server = new RedisServer(Ports.Free(), isDurable, arguments);
            try
            {
                await server.LaunchAsync();
                return server;
            }
            catch (InvalidOperationException) when (attempt < 5 && ServerPath() is not null)
            {
                await server.DisposeAsync();
            }
        }
    }

    /// <summary>A name for keys that no other test has.</summary>
    /// <returns>A prefix.</returns>
    public static string NewPrefix() => $"t{Guid.NewGuid():N}";

    /// <summary>Connects a raw client.</summary>
    /// <returns>The client.</returns>
    public Task<RawRedis> ConnectAsync() => RawRedis.ConnectAsync(Port);

    /// <summary>Makes the server forget all scripts.</summary>
    /// <returns>A task that completes when it has.</returns>
    public async Task FlushScriptsAsync()
    {
        using var redis = await ConnectAsync();
        await redis.CallAsync("SCRIPT", "FLUSH", "SYNC");
    }

    /// <summary>Ends the server as a crash does.</summary>
    public void Kill()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process?.Dispose();
        _process = null;
    }

    /// <summary>Starts the server again, on the same port, ending it first if it runs.</summary>
    /// <returns>A task that completes when it answers.</returns>
    public Task RestartAsync()
    {
        Kill();
        return LaunchAsync();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        Kill();
        try
        {
            Directory.Delete(_directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Disposed before.
        }

        return ValueTask.CompletedTask;
    }

    private static string? ServerPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "redis-server"))
            .FirstOrDefault(File.Exists);

    /// <summary>A server that nobody disposed, as the shared one, does not outlive the tests.</summary>
    private void OnProcessExit(object? sender, EventArgs e) => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task LaunchAsync()
    {
        var path = ServerPath()
            ?? throw new InvalidOperationException("These tests need a Redis of their own: no redis-server is on the PATH. Run ./test.sh, or install redis-server.");
        var start = new ProcessStartInfo(path) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[
            "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _directory,
            "--save", "", "--appendonly", _isDurable ? "yes" : "no", "--appendfsync", _isDurable ? "always" : "no",
            .. _arguments])
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{path} did not start.");
        _process = process;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Wait.Until(async () => process.HasExited || await AnswersAsync(), $"an answer of redis-server on port {Port}");
        if (process.HasExited)
        {
            throw new InvalidOperationException($"{path} ended at once, with exit code {process.ExitCode}.");
        }
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var redis = await ConnectAsync();
            return await redis.TextAsync("PING") == "PONG";
        }
        catch (Exception exception) when (exception is SocketException or IOException or InvalidOperationException)
        {
            return false;
        }
    }
}
