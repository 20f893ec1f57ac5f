using System.Diagnostics;
using System.Globalization;
using AgentStream.TestTools;

namespace AgentStream.Mcp.Tests;

/// <summary>The test server over HTTP, on a free port.</summary>
internal sealed class HttpServerProcess : IAsyncDisposable
{
    private readonly TestServer _program = new();
    private readonly int _port = Ports.Free();
    private Process? _process;

    public Uri Url => new($"http://127.0.0.1:{_port}/mcp");

    public TestServer Program => _program;

    public static async Task<HttpServerProcess> StartAsync()
    {
        var server = new HttpServerProcess();
        await server.RestartAsync();
        return server;
    }

    public async Task RestartAsync()
    {
        await KillAsync();
        var start = new ProcessStartInfo(TestServer.Command, _program.Arguments("--http", _port.ToString(CultureInfo.InvariantCulture)))
        {
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        await Wait.Until(async () => _process.HasExited || await AnswersAsync(client), $"an answer on {Url}");
        Assert.False(_process.HasExited);
    }

    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.Kill();
            await process.WaitForExitAsync().Within("the HTTP server ends");
            process.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _program.Dispose();
    }

    private async Task<bool> AnswersAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync(Url);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
