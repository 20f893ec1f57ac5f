using System.Diagnostics;
using System.Text;

namespace AgentStream.Packages.Tests;

/// <summary>A program that serves HTTP until this is disposed.</summary>
internal sealed class Server : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<Uri> _url = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Server(string folder, string command)
    {
        var start = Shell.Start(folder, $"exec {command}");
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = new Process { StartInfo = start };
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

    /// <summary>Starts a program, and waits until it serves.</summary>
    public static async Task<Server> StartAsync(string folder, string command)
    {
        var server = new Server(folder, command);
        try
        {
            var first = await Task.WhenAny(server._url.Task, server._process.WaitForExitAsync()).WaitAsync(Patience);
            return first == server._url.Task ? server : throw new InvalidOperationException($"{command} ended instead of serving:\n{server.Output}");
        }
        catch (Exception)
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until it has written a text.</summary>
    public async Task WritesAsync(string text)
    {
        for (var clock = Stopwatch.StartNew(); !Output.Contains(text, StringComparison.Ordinal); await Task.Delay(10))
        {
            Assert.True(clock.Elapsed < Patience, $"It never wrote '{text}', but:\n{Output}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }

        if (line is not null && line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0)
        {
            _url.TrySetResult(new Uri(line[(at + Listening.Length)..].Trim()));
        }
    }
}
