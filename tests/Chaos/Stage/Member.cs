using System.Globalization;
using AgentStream.TestTools;

namespace AgentStream.Chaos;

/// <summary>A silo and its supervisor: when the process ends, meant or not, it is started again.</summary>
internal sealed class Member : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly SiloProcess _process;
    private readonly StreamWriter _log;
    private volatile bool _isMeant;

    public Member(string name, string program, string directory, string[] arguments)
    {
        Name = name;
        _log = new StreamWriter(Path.Combine(directory, $"silo-{name}.log")) { AutoFlush = true };
        _process = new SiloProcess(name, program, ["--role=silo", $"--{SiloProgram.ToolBookSetting}={Path.Combine(directory, $"tools-{name}")}", .. arguments], Hear);
    }

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>Where it listens, as a load balancer knows it; null while it does not, or is known not to answer.</summary>
    public Uri? Url => _process.Url;

    /// <summary>Held by the fault that is at work on it.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>Hears that the process ended though nobody had asked it to, and with which exit code.</summary>
    public Action<int>? EndedByItself { get; set; }

    /// <summary>Starts the process, and again when it cannot start (its Redis is away), until it serves.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                _isMeant = false;
                await _process.StartAsync();
                _ = WatchAsync(cancellationToken);
                return;
            }
            catch (Exception e) when (e is InvalidOperationException or TimeoutException)
            {
                _process.Kill();
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    /// <summary>kill -9.</summary>
    public void Kill()
    {
        _isMeant = true;
        _process.Kill();
    }

    /// <summary>SIGTERM; comes back when the process has ended.</summary>
    /// <returns>Its exit code, and how long it took.</returns>
    public async Task<(TimeSpan Took, int ExitCode)> StopAsync()
    {
        _isMeant = true;
        return await _process.StopAsync();
    }

    /// <summary>SIGSTOP.</summary>
    public Task PauseAsync() => _process.PauseAsync();

    /// <summary>SIGCONT.</summary>
    public Task ContinueAsync() => _process.ContinueAsync();

    public void Dispose()
    {
        _isMeant = true;
        _process.Dispose();
        lock (_log)
        {
            _log.Dispose();
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        var exitCode = await _process.ExitedAsync();
        if (_isMeant || cancellationToken.IsCancellationRequested)
        {
            return;
        }

        await Turn.WaitAsync(cancellationToken);
        try
        {
            // While this waited for its turn, a fault may have killed and started it.
            if (!_isMeant && !_process.IsRunning)
            {
                EndedByItself?.Invoke(exitCode);
                await StartAsync(cancellationToken);
            }
        }
        finally
        {
            Turn.Release();
        }
    }

    private void Hear(string line)
    {
        lock (_log)
        {
            if (_log.BaseStream is not null)
            {
                _log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.fff} {line}"));
            }
        }
    }
}
